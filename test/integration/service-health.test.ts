/** What the processes that stay tell of their health, while their Postgres comes and goes. */
import { Client } from "pg";
import type { Readiness } from "../../src/domain/answers";
import { type Cuttable, startCuttable } from "../support/cuttable";
import { eventually } from "../support/eventually";
import { type OperatedWorld, startOperatedWorld } from "../support/operated-world";
import { checkPrometheusText } from "../support/prometheus-text";
import { ensureBuilt, type Service } from "../support/service";

let { world, start, up, understudy, close } = {} as OperatedWorld;
let way: Cuttable;
let address: string;

beforeAll(ensureBuilt);
beforeEach(async () => {
  ({ world, start, up, understudy, close } = await startOperatedWorld());
  const { host, port, user, password, database } = new Client({ connectionString: world.databaseUrl });
  way = await startCuttable(host.startsWith("/") ? `${host}/.s.PGSQL.${port}` : port);
  address = `postgresql://${user}:${password}@127.0.0.1:${way.port}/${database}`;
});
afterEach(async () => {
  await way.close();
  await close();
});

const urlOf = async (process: Service): Promise<string> => String((await process.says("listening")).url);

const ask = async (url: string): Promise<{ readonly code: number; readonly body: Readiness }> => {
  const answer = await fetch(url);
  return { code: answer.status, body: (await answer.json()) as Readiness };
};

test("/readyz is red within 5 s of a Postgres that is lost, or that takes no writes, and green again by itself", async () => {
  const url = await urlOf(await up({ DATABASE_URL: address }));
  const turns = (code: number) =>
    eventually(
      () => ask(`${url}/readyz`),
      (answer) => answer.code === code,
    );
  expect(await ask(`${url}/readyz`)).toMatchObject({ code: 200, body: { ready: true } });
  for (const how of ["cut", "hang"] as const) {
    way[how]();
    const began = Date.now();
    const red = await turns(503);
    expect([how, Date.now() - began < 5_000]).toEqual([how, true]);
    expect(red.body.parts).toContainEqual(expect.objectContaining({ name: "database", ready: false }));
    expect(await ask(`${url}/healthz`)).toMatchObject({ code: 200 });
    way.mend();
    await turns(200);
  }

  const name = new URL(world.databaseUrl).pathname.slice(1);
  const set = async (change: string): Promise<void> => {
    await world.database.knex.raw(`set transaction read write; alter database "${name}" ${change}`);
    way.cut();
    way.mend();
  };
  await set("set default_transaction_read_only = on");
  const red = await eventually(
    () => ask(`${url}/readyz`),
    ({ body }) => body.parts.some(({ name, message }) => name === "database" && message.endsWith("it is read-only")),
  );
  expect(red.code).toBe(503);
  await set("reset all");
  await turns(200);
});

test("a connection that is lost while it begins is waited out, and whoever asks meanwhile is answered 503", async () => {
  const cut = way.cutAt("join login.signing_keys", "before it");
  const serve = start(["serve", "--port", "0"], { DATABASE_URL: address });
  const url = await urlOf(serve);
  await cut;
  way.cut();
  expect((await fetch(`${url}/.well-known/jwks.json`)).status).toBe(503);
  way.mend();
  await serve.says("ready");
  expect((await fetch(`${url}/.well-known/jwks.json`)).status).toBe(200);
});

test("a process that starts before its Postgres waits for it, and then tells of the runs in /metrics", async () => {
  way.cut();
  const early = start(["up", "--port", "0"], { DATABASE_URL: address });
  const url = await urlOf(early);
  expect(await ask(`${url}/readyz`)).toMatchObject({ code: 503 });
  way.mend();
  await early.says("ready");
  await eventually(
    () => ask(`${url}/readyz`),
    ({ code }) => code === 200,
  );
  await understudy(["sync", "acme"]);
  const text = await (await fetch(`${url}/metrics`)).text();
  expect(checkPrometheusText(text)).toEqual([]);
  expect(text).toContain('understudy_runs_total{source="acme",outcome="ok",trigger="cli"} 1');
  expect(text).toMatch(/understudy_last_success_timestamp_seconds\{source="acme"\} 1\d{9}/);
});
