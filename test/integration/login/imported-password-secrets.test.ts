/** What keeps the hashes that a mapping brings from everybody else: sealed with a secret, and said nowhere. */
import { Failure } from "../../../src/domain/errors";
import { KeptRecordStore } from "../../../src/mirror/kept-record-store";
import { RejectStore } from "../../../src/mirror/reject-store";
import { Pepper } from "../../../src/passwords/pepper";
import { give, keptIn, login, of, PASSWORD_MAPPING, ssha } from "../../support/brought-passwords";
import { SINCE_JOB, serveChangingUsers } from "../../support/changing-upstream";
import { createRunner } from "../../support/create-runner";
import { eventually } from "../../support/eventually";
import { LoginHouse } from "../../support/login-house";
import { crowd, JOB, recordsOf, startWorld, type World } from "../../support/world";

const CURSOR_JOB = JOB.replace("page: { offset: offset,", "page: { cursor: next, as: after,");

let world: World;
let house: LoginHouse;
beforeEach(async () => {
  world = await startWorld({ "mappings/acme/users.yaml": PASSWORD_MAPPING });
  house = new LoginHouse(world.database);
});
afterEach(() => world.close());

test("put into somebody else's row a sealed hash opens for nobody", async () => {
  give(world, "u1", ssha("right"));
  await world.sync();
  await world.sql(
    `insert into login.verifiers (source, key, hash, vouched_at, is_foreign)
     select source, 'u2', hash, vouched_at, true from login.verifiers`,
  );
  expect(await login(house, "bob", "right")).toBe("unavailable");
});

test("with another secret everybody's password is read again, although nothing changed", async () => {
  give(world, "u1", ssha("right"));
  await world.sync();
  const pepper = new Pepper("the secret that took the place of the other");
  const sync = createRunner({ ...world, upstreamUrl: world.upstream.url, pepper });
  expect((await sync()).passwords).toMatchObject({ usable: 1, changed: 1 });
  expect(await login(house, "ann", "right")).toBe("unavailable");
  house = new LoginHouse(world.database, { pepper });
  expect(await login(house, "ann", "right")).toBe("mirror");
});

test("with another secret a stream that tells only what changed is read in full", async () => {
  await world.write("jobs/acme.yaml", SINCE_JOB);
  world.users = [];
  const users = serveChangingUsers(world);
  for (const id of ["u1", "u2"]) {
    users.put({ id, login: id, state: "on", proof: { value: ssha("right") } });
    users.clock += 3_600_000;
  }
  await world.sync();
  expect(recordsOf(await world.sync(), "users")).toMatchObject({ incremental: true });

  const pepper = new Pepper("the secret that took the place of the other");
  const sync = createRunner({ ...world, upstreamUrl: world.upstream.url, pepper });
  house = new LoginHouse(world.database, { pepper });
  const report = await sync();
  expect(report.passwords).toMatchObject({ usable: 2, changed: 2 });
  expect(report.notes).toContain(
    "`users` was read in full: its job or its mapping was edited since it was read last, or the secret of its passwords changed",
  );
  expect(await login(house, "u1", "right")).toBe("mirror");
  expect(recordsOf(await sync(), "users")).toMatchObject({ incremental: true });
});

test("what an interrupted run sealed with another secret is read again", async () => {
  const ending = new AbortController();
  await world.write("jobs/acme.yaml", CURSOR_JOB);
  const paging = { paging: "cursor", pageSize: 10, total: "body" } as const;
  const list = world.upstream.serveList("/users", () => world.users, paging);
  world.users = crowd(25).map((one) => ({ ...one, proof: { value: ssha("right") } }));
  list.fault(3, async () => {
    const kept = `select from sync.checkpoints, json_array_elements(streams) as state
      where state ->> 'stream' = 'users' and (state #>> '{counted,pages}')::integer >= 2`;
    await eventually(
      () => world.sql(kept),
      (rows) => rows.length > 0,
    );
    ending.abort(new Failure("RUN004", "the worker was told to end"));
    return { status: 500 };
  });
  const batches = { rows: 1, checkpointEvery: 0 };
  expect(await world.sync({ batches, signal: ending.signal })).toMatchObject({ outcome: "interrupted" });
  list.heal();
  const pepper = new Pepper("the secret that took the place of the other");
  const report = await createRunner({ ...world, upstreamUrl: world.upstream.url, pepper })({ batches });
  expect(report.notes[0]).toMatch(/: starts anew$/);
  house = new LoginHouse(world.database, { pepper });
  expect(await login(house, "user1", "right")).toBe("mirror");
});

describe("the hash itself", () => {
  const CANARY = "canary0hash0canary0hash0canary";
  const hash = `$2b$05$${CANARY}uuaaaaaaaaaaaaaaaaaaaaa`;

  /** Every value of every table, whatever it is. */
  async function everywhere(): Promise<string> {
    const tables = await world.sql<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    const texts = [];
    for (const { name } of tables)
      texts.push(
        ...(await world.sql<{ row: string }>(`select row_to_json(t)::text as row from ${name} t`)).map(
          ({ row }) => row,
        ),
      );
    return texts.join("\n");
  }

  test("is in no table, no report and no log: not as it is, and not in pieces", async () => {
    await world.write("jobs/acme.yaml", `keepRaw: true\n${JOB}`);
    give(world, "u1", hash);
    give(world, "u2", hash.slice(0, -1));
    world.users = [...world.users, { id: "u9", login: { no: "name" }, state: "on", proof: { value: hash } }];
    const warned: string[] = [];
    const told = [];
    for (const choices of [{ batches: { rows: 1, checkpointEvery: 0, landsFrom: 1 } }, {}])
      told.push(await world.sync({ ...choices, warned: (message) => warned.push(message) }), await world.plan());
    expect(await keptIn(world)).toEqual([of("u1", "sealed")]);
    const raw = new KeptRecordStore(world.database.knex);
    for (const key of ["u1", "u2", "u9"])
      expect((await raw.read("acme", "users", key))?.record).toMatchObject({ proof: {} });
    const { rejects } = await new RejectStore(world.database.knex).list({
      source: "acme",
      entity: null,
      key: null,
      all: true,
      limit: 10,
    });
    told.push(rejects);
    const found = await everywhere();
    expect(found).toContain("$sealed$");
    for (const text of [found, JSON.stringify(told), warned.join()]) {
      expect(text).not.toContain(CANARY);
      // Postgres shows bytes as hexadecimal digits.
      expect(text).not.toContain(Buffer.from(CANARY).toString("hex"));
      expect(text).not.toContain("$2b$05$");
    }
  });
});
