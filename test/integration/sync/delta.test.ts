/** Asking only for what changed by the link that the last run was given. */

import { Failure } from "../../../src/domain/errors";
import { DELTA_JOB } from "../../support/changing-upstream";
import { eventually } from "../../support/eventually";
import { counts, person, startToldChanges, type ToldChanges } from "../../support/told-changes";

let { world, users, names, upstreamNames, mark, close } = {} as ToldChanges;
beforeEach(async () => {
  ({ world, users, names, upstreamNames, mark, close } = await startToldChanges(DELTA_JOB));
});
afterEach(() => close());

test("changes and removals are told by the link, and nobody else is touched", async () => {
  const first = await world.sync();
  expect(first).toMatchObject({ outcome: "ok" });
  expect(counts(first)).toMatchObject({ fetched: 12, new: 12, complete: true });

  users.put(person(3, { name: "Changed" }));
  users.put(person(13));
  users.remove("u7");
  users.put(person(8, { name: "Soon gone" }));
  users.remove("u8");
  const second = await world.sync();
  expect(second).toMatchObject({ outcome: "ok", error: null });
  expect(counts(second)).toMatchObject({ fetched: 4, new: 1, changed: 1, gone: 2, skipped: 2, incremental: true });
  expect(second.notes).toContain(`of \`users\` only what changed since run ${first.run} was asked for`);
  expect(await names()).toEqual(upstreamNames());

  users.put(person(7, { name: "Back" }));
  expect(counts(await world.sync())).toMatchObject({ restored: 1, gone: 0, fetched: 1 });
  expect(counts(await world.sync())).toMatchObject({ fetched: 0, gone: 0, incremental: true });
  expect(await names()).toEqual(upstreamNames());
});

test("whoever a full pass misses for the first time makes the next one full, too: nobody stays for a week who is gone", async () => {
  await world.write("jobs/acme.yaml", DELTA_JOB.replaceAll("deletes: sweep-now", "deletes: sweep"));
  await world.sync();
  users.remove("u7");
  users.expireLinks();
  expect(counts(await world.sync())).toMatchObject({ absent: 1, gone: 0, complete: true });
  const second = await world.sync();
  expect(second.notes).toContain(
    "`users` was read in full: records that it missed once, 1 in all, are gone if it misses them again",
  );
  expect(counts(second)).toMatchObject({ absent: 0, gone: 1 });
  expect(await names()).toEqual(upstreamNames());
  expect(counts(await world.sync())).toMatchObject({ fetched: 0, incremental: true });
});

test("a link is in no report, no note and no audit", async () => {
  await world.sync();
  users.put(person(3, { name: "Changed" }));
  const report = await world.sync();
  const token = new URL((await mark())!).searchParams.get("token")!;
  expect(JSON.stringify(report)).not.toContain(token);
  expect(JSON.stringify(await world.sql("select to_jsonb(r) as r from sync.runs r"))).not.toContain(token);
});

test.each([410, 400])("a link that has expired (%i) leads to a full pass in the same run", async (status) => {
  await world.write("jobs/acme.yaml", DELTA_JOB.replace('"@removed" }', '"@removed", expired: [400, 410] }'));
  await world.sync();
  users.put(person(3, { name: "Changed" }));
  users.remove("u7");
  users.expireLinks(status);
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "ok", error: null });
  expect(report.notes).toContain("`users` was read in full: its delta link had expired");
  expect(counts(report)).toMatchObject({ complete: true, fetched: 11, changed: 1, gone: 1, same: 10, unparsed: 10 });
  expect(await names()).toEqual(upstreamNames());
  expect(counts(await world.sync())).toMatchObject({ incremental: true, fetched: 0 });
});

test("a status that is not said to mean that the link has expired breaks off, and keeps the link", async () => {
  await world.sync();
  const before = await mark();
  users.put(person(3));
  users.expireLinks(400);
  expect(await world.sync()).toMatchObject({ outcome: "incomplete", error: { code: "UPS009" } });
  expect(await mark()).toBe(before);
});

test("a link that expires under way is forgotten: the next run reads everything", async () => {
  await world.sync();
  for (let number = 1; number <= 12; number += 1) users.put(person(number, { name: `Again ${number}` }));
  users.beforePage = (page) => (page === 2 ? { status: 410 } : null);
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "incomplete", error: { code: "UPS022" } });
  expect(counts(report)).toMatchObject({ gone: 0 });
  expect(await mark()).toBeUndefined();
  users.beforePage = () => null;
  expect(counts(await world.sync())).toMatchObject({ complete: true, fetched: 12 });
  expect(await names()).toEqual(upstreamNames());
});

test("a last page without a link is told, and everything is read again", async () => {
  users.withoutLink = true;
  const report = await world.sync();
  expect(report.notes).toContain(
    "`users` is read in full by the next run too: its last page held no delta link that can be asked",
  );
  expect(await mark()).toBeUndefined();
  expect(counts(await world.sync())).toMatchObject({ complete: true });
});

test("a link at another origin is asked nothing", async () => {
  await world.sync();
  await world.sql("update sync.watermarks set value = 'http://elsewhere.example/users?token=x'");
  expect(await world.sync()).toMatchObject({ outcome: "incomplete", error: { code: "UPS015" } });
});

test("too many removals by the upstream's own word are held all the same", async () => {
  await world.sync();
  for (let number = 1; number <= 8; number += 1) users.remove(`u${number}`);
  const held = await world.sync();
  expect(held).toMatchObject({ outcome: "held" });
  expect(counts(held)).toMatchObject({ gone: 0, held: 8 });
  expect((await names()).length).toBe(12);
  // What was held is told again as long as nobody decided.
  expect(counts(await world.sync())).toMatchObject({ held: 8 });
});

describe.each([
  ["on one page", 10],
  ["on two pages", 2],
])("of changes of one record %s the later one counts", (_, pageSize) => {
  const broken = { login: null };
  const bad = { outcome: "rejects", error: null };
  const good = { outcome: "ok", error: null };

  beforeEach(async () => {
    await world.sync();
    users.tellsEach = true;
    users.pageSize = pageSize;
  });

  test.each<readonly [string, () => void, () => void, object, object]>([
    ["changed, then removed", () => users.put(person(3)), () => users.remove("u3"), good, { gone: 1, skipped: 1 }],
    [
      ...["removed, then there again", () => users.remove("u3"), () => users.put(person(3, { name: "Back" }))],
      ...[good, { gone: 0, skipped: 0 }],
    ],
    ["new, then removed", () => users.put(person(13)), () => users.remove("u13"), good, { new: 0, gone: 0 }],
    ["changed twice", () => users.put(person(3)), () => users.put(person(3, { name: "Twice" })), good, { changed: 3 }],
    ["not to be mapped, then mended", () => users.put(person(3, broken)), () => users.put(person(3)), good, {}],
    ["not to be mapped, then removed", () => users.put(person(3, broken)), () => users.remove("u3"), good, { gone: 1 }],
    ["good, then not to be mapped", () => users.put(person(3)), () => users.put(person(3, broken)), bad, {}],
  ] as never)("%s", async (_what, first, second, told, counted) => {
    first();
    for (const number of [9, 10]) users.put(person(number, { name: "Other" }));
    second();
    const before = await mark();
    const report = await world.sync();
    expect(report).toMatchObject(told);
    expect(counts(report)).toMatchObject({ fetched: 3, duplicates: 0, incompleteBecause: null, ...counted });
    expect(await mark()).not.toBe(before);
    if (told === good) expect(await names()).toEqual(upstreamNames());
    if (told === good) expect(counts(await world.sync())).toMatchObject({ incremental: true, fetched: 0 });
  });
});

test.each([
  ["", 0],
  [" ", 0],
  ["false", 0],
  [0, 0],
  [false, 0],
  [null, 0],
  ["true", 1],
  [1, 1],
  ["2026-11-20", 1],
  [{}, 1],
])("what says %j where removals are told is gone or not", async (said, gone) => {
  await world.sync();
  users.put(person(3, { name: "Told", "@removed": said }));
  expect(counts(await world.sync())).toMatchObject({ gone, changed: 1 - gone });
});

test("a link that repeats our credentials is kept without them", async () => {
  const auth = `auth: { kind: api-key, in: query, name: api_key, value: "\${UPSTREAM_URL}" }`;
  await world.write("jobs/acme.yaml", DELTA_JOB.replace(/^auth: .*$/m, auth));
  await world.sync();
  expect(await mark()).toMatch(/delta/);
  expect(await mark()).not.toContain("api_key");
  users.put(person(3, { name: "Changed" }));
  expect(counts(await world.sync())).toMatchObject({ incremental: true, changed: 1 });
});

test("a total of changes is of all that are told, also of those that are told otherwise later", async () => {
  const job = DELTA_JOB.replace('next-url: "`@odata.nextLink`"', 'next-url: "`@odata.nextLink`", total: count');
  await world.write("jobs/acme.yaml", job);
  await world.sync();
  Object.assign(users, { tellsEach: true, pageSize: 4 });
  for (const name of ["A", "B", "B", "C", "D", "E"]) users.put(person(3, { name }));
  const report = await world.sync();
  expect(report).toMatchObject({ outcome: "ok", error: null });
  expect(counts(report)).toMatchObject({ fetched: 1, duplicates: 0, changed: 1 });
  expect(await names()).toEqual(upstreamNames());
});

test("a run that goes on from an interrupted one knows what came before", async () => {
  const slow = { batches: { rows: 1, checkpointEvery: 0, landsFrom: 2_000 } };
  await world.sync(slow);
  Object.assign(users, { tellsEach: true, pageSize: 2 });
  users.put(person(3, { name: "A" }));
  users.put(person(3, { name: "B" }));
  users.put(person(4, { name: "C" }));
  users.put(person(5, { name: "D" }));
  users.remove("u3");
  const ending = new AbortController();
  const kept = "select from sync.checkpoints, json_array_elements(streams) s where s ->> 'stream' = 'users'";
  users.beforePage = async (page) => {
    if (page < 3) return null;
    await eventually(
      () => world.sql(kept),
      (rows) => rows.length > 0,
    );
    ending.abort(new Failure("RUN004", "told to end"));
    return { status: 500 };
  };
  expect(await world.sync({ ...slow, signal: ending.signal })).toMatchObject({ outcome: "interrupted" });
  users.beforePage = () => null;
  const report = await world.sync(slow);
  expect(report.notes.join()).toContain("goes on from run");
  expect(report).toMatchObject({ outcome: "ok", error: null });
  expect(counts(report)).toMatchObject({ fetched: 3, duplicates: 0, changed: 2, gone: 1 });
  expect(await names()).toEqual(upstreamNames());
});

test("changes that come first into an empty mirror are compared, for who came may be gone again", async () => {
  for (const { id } of world.users) users.remove(String(id));
  world.rolesList.fault(1, () => ({ status: 404 }));
  await world.sync();
  expect(await mark()).toBeDefined();
  expect(await world.sql("select from mirror.users")).toEqual([]);
  Object.assign(users, { tellsEach: true, pageSize: 2 });
  for (const number of [1, 2, 3, 4]) users.put(person(number));
  users.remove("u1");
  await world.sync({ batches: { rows: 1, checkpointEvery: 0, landsFrom: 1 } });
  expect(await names()).toEqual(upstreamNames());
});

test("a token takes the place of an address where the job says so", async () => {
  await world.write("jobs/acme.yaml", DELTA_JOB.replace('link: "`@odata.deltaLink`"', "link: sync.token, as: token"));
  world.upstream.gate((request) => {
    if (request.path !== "/delta/users") return null;
    const asked = request.query.get("token");
    const shown = asked === null ? world.users : asked === "t1" ? [person(3, { name: "By token" })] : [];
    return { body: { value: shown, sync: { token: asked === null ? "t1" : "t2" } } };
  });
  await world.sync();
  const report = await world.sync();
  expect(counts(report)).toMatchObject({ incremental: true, fetched: 1, changed: 1 });
  expect(await mark()).toBe("t2");
});
