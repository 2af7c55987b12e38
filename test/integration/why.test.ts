import { startWhyWorld, WHY_USERS, type WhyWorld } from "../support/why-world";
import { crowd, JOB } from "../support/world";

let { world, edit, why, close } = {} as WhyWorld;
beforeEach(async () => {
  ({ world, edit, why, close } = await startWhyWorld());
});
afterEach(() => close());

test("what the upstream changed: value, place, path, run, and the value before", async () => {
  await edit();
  await world.sync({ by: "schedule" });
  Object.assign(world.users[0]!, { name: "Anne", touched: "2026-01-02T03:04:05+01:00" });
  await world.sync({ by: "ops@desk", reason: "asked for" });
  expect(await why("display_name")).toEqual({
    source: "acme",
    key: "u1",
    field: "display_name",
    value: "Anne",
    masked: false,
    origins: [],
    change: {
      kind: "update",
      run: 2,
      cause: "upstream",
      actor: "ops@desk",
      reason: "asked for",
      before: "Ann",
      at: expect.stringMatching(/Z$/),
    },
    at: { file: "mappings/acme/users.yaml", line: 9, column: 3 },
    record: { from: "kept", run: 2, at: expect.stringMatching(/Z$/) },
    trace: expect.objectContaining({
      sources: [
        expect.objectContaining({
          expression: "$given",
          present: false,
          reads: [{ path: "nick", found: false, value: null }],
        }),
        expect.objectContaining({
          expression: "name",
          value: "Anne",
          reads: [{ path: "name", found: true, value: "Anne" }],
        }),
      ],
    }),
    otherwise: null,
    notes: [],
  });
  expect(await why("changed_at")).toMatchObject({
    value: "2026-01-02T02:04:05.000Z",
    otherwise: null,
    change: { before: null },
  });
  expect(await why("department")).toMatchObject({ field: "attributes.department", value: "none", otherwise: null });
  expect(await why("status", { key: "u3" })).toMatchObject({
    value: "disabled",
    change: { kind: "create", run: 1, before: null },
    trace: { mapped: { from: "off", to: "disabled", by: "entry" } },
  });
  expect(await why("title")).toMatchObject({
    value: null,
    at: null,
    trace: null,
    notes: ["mappings/acme/users.yaml does not describe `title`, so no run changes it"],
  });
});

test("what an edit of the mapping changed, and what one not run yet would", async () => {
  await edit();
  await world.sync();
  await edit(WHY_USERS.replace("[$given, name]", "login"));
  expect((await why("display_name")).otherwise).toEqual({
    value: "ann",
    because: "the job or the mapping was edited since run 1; the next run takes it over",
  });
  await world.sync();
  expect(await why("display_name")).toMatchObject({
    value: "ann",
    otherwise: null,
    change: { run: 2, cause: "mapping", before: "Ann" },
    record: { from: "kept", run: 1 },
  });
});

test("what is only written with other changes is told of the field that says so, not of one whose name ends alike", async () => {
  const moment = "2026-01-02T03:04:05.000Z";
  Object.assign(world.users[0]!, { touched: moment, secretSince: moment, job: "Clerk" });
  await edit(
    WHY_USERS.replace("type: timestamp }", "type: timestamp, compare: false }")
      .replace(
        "  orgs:",
        "  password_changed_at: { from: secretSince, type: timestamp }\n  title: { from: job, compare: false }\n  orgs:",
      )
      .replace("attributes:", "attributes:\n  title: job"),
  );
  await world.sync();
  await world.sql(
    `update mirror.users set changed_at = null, password_changed_at = null, title = null, attributes = '{}' where key = 'u1'`,
  );
  const [own, others] = [
    "the field says `compare: false`, so it is only written with other changes",
    "the next run that reads the record writes it, unless it is rejected or held",
  ];
  expect((await why("changed_at")).otherwise).toEqual({ value: moment, because: own });
  expect((await why("title")).otherwise).toEqual({ value: "Clerk", because: own });
  expect((await why("password_changed_at")).otherwise).toEqual({ value: moment, because: others });
  expect((await why("attributes.title")).otherwise).toEqual({ value: "Clerk", because: others });
});

test("a renamed key, under the new one", async () => {
  for (const person of world.users) person.uuid = `x-${person.id}`;
  await edit();
  await world.sync();
  world.users[0]!.name = "Anne";
  await world.sync();
  await edit(WHY_USERS.replace("key: id", "key: uuid"));
  await world.sync({ mode: "rekey", rekey: { stream: "users", expect: 3 } });
  expect(await why("key", { key: "x-u1" })).toMatchObject({
    value: "x-u1",
    change: { cause: "rekey", run: 3, before: "u1" },
    trace: { sources: [{ expression: "uuid" }] },
    otherwise: null,
  });
  expect(await why("display_name", { key: "x-u1" })).toMatchObject({
    change: { run: 2, cause: "upstream", before: "Ann" },
  });
});

test("personal data is masked wherever it stands", async () => {
  const secrets = ["canary@people.example", "K-9917-canary"];
  Object.assign(world.users[0]!, { mail: { work: secrets[0] }, badge: secrets[1] });
  await edit();
  await world.sync();
  Object.assign(world.users[0]!, { mail: { work: "other-canary@people.example" }, badge: "K-1-canary" });
  await world.sync();
  for (const field of ["email", "badge", "attributes.badge"]) {
    for (const live of [false, true]) {
      const answer = await why(field, { live });
      expect(answer).toMatchObject({ masked: true, change: { run: 2 } });
      expect(JSON.stringify(answer)).not.toContain("canary");
      expect(answer.value).not.toBeNull();
      expect(answer.change?.before).not.toBeNull();
    }
  }
});

test("without a kept record it says how to keep them; --live reads it now", async () => {
  await world.write("jobs/acme.yaml", JOB);
  await edit();
  await world.sync();
  expect(await why("username")).toMatchObject({
    value: "ann",
    record: null,
    trace: null,
    otherwise: null,
    at: { line: 7 },
    notes: [
      "no raw records of `acme` are kept: put `keepRaw: true` into jobs/acme.yaml and sync, or look now with --live",
    ],
  });
  world.users[0]!.login = "anne";
  expect(await why("username", { live: true })).toMatchObject({
    record: { from: "live", run: null },
    otherwise: { value: "anne", because: "the customer's system says so now; the next run takes it over" },
  });
  world.users.shift();
  await expect(why("username", { live: true })).rejects.toMatchObject({ code: "UPS021" });
});

test("what is held, rejected or left out is told as the reason", async () => {
  world.users = crowd(30);
  await edit();
  await world.sync();
  for (const person of world.users) person.name = "Same";
  const held = await world.sync();
  expect((await why("display_name")).otherwise).toEqual({
    value: "Same",
    because: `a change of it is held by run ${held.run}: understudy hold list acme`,
  });
  delete world.users[0]!.login;
  await world.sync();
  expect((await why("username")).otherwise).toEqual({
    value: null,
    because: "the record is rejected, so the old value stays: `username` is missing (MAP020)",
  });
  await edit(WHY_USERS.replace('"staged"', '"on"'));
  expect((await why("status", { key: "u2" })).otherwise?.because).toBe("the record is left out: `skip` says so");
});

test("a path that was left out of the kept record claims nothing", async () => {
  await world.write("jobs/acme.yaml", `${JOB}keepRaw: { redact: [mail, nick] }\n`);
  Object.assign(world.users[0]!, { mail: { work: "ann@people.example" } });
  await edit();
  await world.sync();
  expect(await why("email")).toMatchObject({
    otherwise: null,
    notes: ["`mail` was left out of the record that is kept; see it with --live"],
  });
});

test("nor does one that is taken away by its name, or by which the record would be left out", async () => {
  await world.write("jobs/acme.yaml", `${JOB}keepRaw: { redact: [nick] }\n`);
  Object.assign(world.users[0]!, { nick: "A", apiToken: "t1" });
  await edit(WHY_USERS.replace("{ from: dept, default: none }", "apiToken"));
  await world.sync();
  expect(await why("department")).toMatchObject({
    otherwise: null,
    notes: ["`apiToken` was left out of the record that is kept; see it with --live"],
  });
  await edit(WHY_USERS.replace("skip: ", "skip: $not($exists(nick)) or "));
  await world.sync();
  expect(await why("status")).toMatchObject({
    otherwise: null,
    notes: ["`nick`, which `skip` reads, was left out of the record that is kept; see it with --live"],
  });
});

test("files with mistakes, and none at all, leave what the mirror and the audit know, all of it masked", async () => {
  await edit();
  await world.sync();
  await edit("into: users\nkey: id\nfields: { username: $nonsense( }\n");
  expect(await why("username")).toMatchObject({
    value: "a…",
    masked: true,
    at: null,
    record: null,
    change: { run: 1 },
    notes: ["no valid file describes the users of `acme`: understudy check"],
  });
});

test.each([
  ["emial", "did you mean `email`?"],
  ["attributes.departmnt", "did you mean `attributes.department`?"],
  ["departmnt", "did you mean `department`?"],
  ["__proto__", "known: key, username"],
  ["permissions", "known: key, username"],
])("%s is no field: %s", async (field, fix) => {
  await edit();
  await world.sync();
  await expect(why(field)).rejects.toMatchObject({ code: "USE003", fix: expect.stringContaining(fix) });
});

test("nobody is asked about who is not there", async () => {
  await edit();
  await world.sync();
  await expect(why("email", { key: "nobody" })).rejects.toMatchObject({ code: "USE003" });
  await expect(why("email", { key: "x' or true --" })).rejects.toMatchObject({ code: "USE003" });
});
