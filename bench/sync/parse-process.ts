/**
 * The yardstick for reading: every page fetched and given to `JSON.parse`, nothing else. `fork(file)` with BENCH_URL.
 * The connections are as a run of ours has them, and the pages those that the bench's job asks for.
 */
import { Agent, request } from "undici";
import { contend } from "../contend";

async function readAll(agent: Agent, url: string): Promise<{ readonly users: number }> {
  await readPage(agent, `${url}/roles`);
  for (let page = 1, users = 0; ; page += 1) {
    const body = (await readPage(agent, `${url}/users?size=1000&page=${page}`)) as { users: unknown[]; total: number };
    users += body.users.length;
    if (users >= body.total) return { users };
  }
}

async function readPage(agent: Agent, url: string): Promise<unknown> {
  const { body } = await request(url, { dispatcher: agent, headers: { accept: "application/json" } });
  return JSON.parse(await body.text());
}

contend(async ({ upstreamUrl }) => {
  const agent = new Agent({ connections: 4, headersTimeout: 10_000, bodyTimeout: 15_000 });
  return { work: () => readAll(agent, upstreamUrl), close: () => agent.destroy() };
});
