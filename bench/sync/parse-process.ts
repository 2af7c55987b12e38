/**
 * The yardstick for reading: every page fetched and given to `JSON.parse`, nothing else. `fork(file, [URL])`.
 * The connections are as a run of ours has them, and the pages those that the bench's job asks for.
 */
import { Agent } from "undici";
import { contend } from "../contend";

const [url = ""] = process.argv.slice(2);

async function readAll(agent: Agent): Promise<{ readonly users: number }> {
  await readPage(agent, "/roles");
  for (let page = 1, users = 0; ; page += 1) {
    const body = (await readPage(agent, `/users?size=1000&page=${page}`)) as { users: unknown[]; total: number };
    users += body.users.length;
    if (users >= body.total) return { users };
  }
}

async function readPage(agent: Agent, path: string): Promise<unknown> {
  const { body } = await agent.request({ origin: url, path, method: "GET", headers: { accept: "application/json" } });
  return JSON.parse(await body.text());
}

contend(async () => {
  const agent = new Agent({ connections: 4, headersTimeout: 10_000, bodyTimeout: 15_000 });
  return { work: () => readAll(agent), close: () => agent.destroy() };
});
