import { createHoldAnswers } from "../../../src/app/answers/hold-answers";
import type { SourceStatus } from "../../../src/domain/answers";
import type { Follower } from "../../../src/domain/app";
import { Failure } from "../../../src/domain/errors";
import { moment } from "../../../src/domain/moment";
import type { RunOptions } from "../../../src/domain/runs";
import { HoldStore } from "../../../src/mirror/hold-store";
import { PlanStore } from "../../../src/mirror/plan-store";
import { FILES_WITH_CHILDREN } from "../../support/random-customer";
import { realCommand } from "../../support/real-command";
import { crowd, linksOf, recordsOf, startWorld, type World } from "../../support/world";

let world: World;
let holds: HoldStore;
beforeEach(async () => {
  world = await startWorld();
  holds = new HoldStore(world.database.knex);
});
afterEach(() => world.close());

const states = async () => (await holds.list({ source: null, all: true })).map(({ run, state }) => [run, state]);

/** Forty people of whom twelve leave. */
async function holdTwelve(): Promise<number> {
  world.users = crowd(40);
  await world.sync();
  world.users = crowd(40).slice(12);
  return (await world.sync()).run;
}

test("a release that is taken back while the run relies on it is none: nothing is written", async () => {
  const held = await holdTwelve();
  await holds.release(held, 12, "ops", null);
  const before = await world.dump();
  // Late: the run has compared and decided, and is about to write.
  await world.sql(`create function reject_late() returns trigger language plpgsql as $$ begin
    update sync.holds set state = 'rejected'; return null; end $$`);
  await world.sql("create trigger late before insert on audit.entries execute function reject_late()");
  world.users[0]!.name = "Changed";
  expect(await world.sync()).toMatchObject({ outcome: "drift", exitCode: 9, error: { code: "RUN002" } });
  expect(await world.dump()).toEqual(before);
  expect(await states()).toEqual([[held, "released"]]);
});

test("a release whose own run is interrupted says that it stands, until when, and how it is withdrawn", async () => {
  const held = await holdTwelve();
  const stop = new AbortController();
  const answers = createHoldAnswers(
    { stores: async () => ({ holds }) } as never,
    {} as never,
    () =>
      ({
        refuse: async () => undefined,
        start: (_source: string, options: RunOptions, { signal }: Follower) =>
          world.sync({ ...options, signal, tell: () => stop.abort(new Failure("RUN004", "enough")) }),
      }) as never,
    { look: async () => undefined },
  );
  const follower = { trigger: { kind: "cli", by: "ops", reason: null }, onEvent: () => undefined } as const;
  const report = await answers.releaseHold({ run: held, expect: 12, ...follower, signal: stop.signal });
  expect(report).toMatchObject({ outcome: "interrupted", exitCode: 130 });
  const [hold] = await holds.list({ source: "acme", all: false });
  expect(report.notes).toEqual([
    `the release of run ${held} stands until ${moment(hold?.expiresAt ?? "")}: the next run applies it; to withdraw it: understudy hold reject ${held}`,
  ]);
  await holds.reject(held, "ops", null);
  expect(recordsOf(await world.sync(), "users").gone).toBe(0);
  const signal = new AbortController().signal;
  const answered = { ...follower, signal, run: held, expect: 12 };
  const through = createHoldAnswers(
    { stores: async () => ({ holds }) } as never,
    {} as never,
    () =>
      ({
        refuse: async () => undefined,
        start: (_source: string, options: RunOptions) => world.sync(options),
      }) as never,
    { look: async () => undefined },
  );
  expect((await through.releaseHold(answered)).notes).toEqual([]);
});

test("nothing is released while a mistake in a file keeps the source from being read", async () => {
  const held = await holdTwelve();
  await world.write("mappings/acme/users.yaml", "into: users\nkey: id\nbogus: 1\n");
  const env = { DATABASE_URL: world.databaseUrl, UPSTREAM_URL: world.upstream.url };
  const release = ["hold", "release", String(held), "--expect", "12"];
  expect(await realCommand(world.home, release, { env })).toMatchObject({ exitCode: 3 });
  expect(await states()).toEqual([[held, "open"]]);
});

test("what was rejected is silent for a part of the source too, until more than that is held", async () => {
  const held = await holdTwelve();
  await holds.reject(held, "ops", null);
  expect(await world.sync({ only: ["users"] })).toMatchObject({ outcome: "ok", exitCode: 0 });
  world.users = crowd(40).slice(13);
  expect(await world.sync({ only: ["users"] })).toMatchObject({ outcome: "held", exitCode: 6 });
  expect(await states()).toEqual([[held, "rejected"]]);
  const whole = await world.sync();
  expect(whole).toMatchObject({ outcome: "held", hold: { count: 13 } });
  expect(await states()).toEqual([
    [whole.run, "open"],
    [held, "replaced"],
  ]);
});

test("a run of one person or of a part ends no hold", async () => {
  const held = await holdTwelve();
  expect(await world.sync({ user: "u20" })).toMatchObject({ outcome: "ok", exitCode: 0 });
  expect(await world.sync({ only: ["roles"] })).toMatchObject({ outcome: "ok", exitCode: 0 });
  expect(await states()).toEqual([[held, "open"]]);
});

test("a run of a part tells what it holds itself beside an earlier hold, and a run of the whole holds that", async () => {
  const held = await holdTwelve();
  world.users = crowd(40);
  world.roles = [];
  const evidence = [
    { entity: "roles", rule: "empty", count: 2, message: expect.stringContaining("the answer was empty") },
  ];
  const heldBack = { count: 2, evidence };
  const part = await world.sync({ only: ["roles"] });
  expect(part).toMatchObject({ outcome: "held", exitCode: 6, heldBack, hold: { run: held, count: 12 } });
  expect(await states()).toEqual([[held, "open"]]);
  // The same by way of a plan, whose evidence is its own.
  const { plan, ...planned } = await world.plan({ only: ["roles"] });
  expect(planned).toMatchObject({ heldBack, hold: { run: held } });
  expect(await world.sync({ planId: plan })).toMatchObject({ heldBack, hold: { run: held } });
  const whole = await world.sync();
  expect(whole).toMatchObject({ outcome: "held", hold: { run: whole.run, ...heldBack } });
  expect(whole).not.toHaveProperty("heldBack");
  // A part of what is held is no news of its own.
  expect(await world.sync({ only: ["roles"] })).toMatchObject({ outcome: "held", hold: { run: whole.run } });
});

test("what was rejected may be released all the same, and goes with the next run", async () => {
  const held = await holdTwelve();
  await holds.reject(held, "ops", "not yet");
  expect(await world.sync()).toMatchObject({ outcome: "ok", hold: { run: held, state: "rejected" } });
  await expect(holds.release(held, 11, "ops", null)).rejects.toMatchObject({ code: "USE004" });
  expect(await holds.release(held, 12, "boss", "checked")).toMatchObject({ state: "released", decidedBy: "boss" });
  expect(await world.sync()).toMatchObject({ outcome: "ok", hold: null });
  expect(await states()).toEqual([[held, "applied"]]);
  await expect(holds.release(held, 12, "boss", null)).rejects.toMatchObject({ code: "USE004" });
});

test("what a run of a part held is told by hold list and status, until that part or the whole is read again", async () => {
  const env = { DATABASE_URL: world.databaseUrl, UPSTREAM_URL: world.upstream.url };
  const said = async (...argv: string[]) => (await realCommand(world.home, argv, { env })).out;
  const status = async () => (JSON.parse(await said("status", "--json")) as SourceStatus[])[0];
  const held = await holdTwelve();
  await holds.reject(held, "ops", null);
  expect(await status()).toMatchObject({ state: "fresh", heldBack: null });
  const roles = world.roles;
  world.roles = [];
  const part = await world.sync({ only: ["roles"] });
  // Of another part, and of nobody.
  await world.sync({ only: ["users"] });
  world.usersList.fault(1, "503");
  await world.sync();
  world.usersList.heal();
  expect(await said("hold", "list")).toBe(
    `held back  2 changes by run ${part.run}, which read only part of the source, so no hold was opened
  roles: the answer was empty, but the mirror holds 2 roles
  to have all of it held for a decision:  understudy sync acme
`,
  );
  expect(await status()).toMatchObject({ state: "held", holds: [], heldBack: { run: part.run, count: 2 } });
  world.roles = roles;
  await world.sync({ only: ["roles"] });
  expect(await said("hold", "list")).toBe("nothing is held\n");
  world.roles = [];
  await world.sync({ only: ["roles"] });
  const whole = await world.sync();
  expect(await status()).toMatchObject({ state: "held", holds: [{ run: whole.run }], heldBack: null });
  expect(await said("hold", "list")).not.toContain("held back");
});

test("a plan that held something else than the hold that waits is applied with its own evidence", async () => {
  const held = await holdTwelve();
  world.users = crowd(40);
  world.roles = [];
  const { plan } = await world.plan({ only: ["roles"] });
  await world.sql("update sync.holds set state = 'replaced' where run = $1", [held]);
  const applied = await world.sync({ planId: plan });
  expect(applied).toMatchObject({ hold: { run: applied.run, count: 2, evidence: [{ entity: "roles" }] } });
  expect(applied).not.toHaveProperty("heldBack");
});

test("what a plan holds waits for a person once the plan is applied", async () => {
  world.users = crowd(40);
  await world.sync();
  world.users = [...crowd(40).slice(12), { id: "u99", login: "new", state: "on" }];
  const planned = await world.plan();
  expect(planned).toMatchObject({ outcome: "held", hold: { count: 12 } });
  expect(await states()).toEqual([]);
  const applied = await world.sync({ planId: planned.plan });
  expect(applied).toMatchObject({ outcome: "held", exitCode: 6, hold: { run: applied.run, count: 12, state: "open" } });
  expect(recordsOf(applied, "users")).toMatchObject({ new: 1, gone: 0, held: 12, after: 41 });
  expect(await states()).toEqual([[applied.run, "open"]]);
  await holds.release(applied.run, 12, "ops", null);
  const released = await world.sync();
  expect(recordsOf(released, "users")).toMatchObject({ gone: 12, held: 0 });
  expect(await states()).toEqual([[applied.run, "applied"]]);
});

test("a plan made before a release does not let through what it holds", async () => {
  const held = await holdTwelve();
  world.users[0]!.name = "Changed";
  const planned = await world.plan();
  await holds.release(held, 12, "ops", null);
  const applied = await world.sync({ planId: planned.plan });
  expect(recordsOf(applied, "users")).toMatchObject({ changed: 1, gone: 0, held: 12, after: 40 });
  expect(await states()).toEqual([[held, "released"]]);
});

describe("a plan made after a release", () => {
  async function planned(): Promise<{ readonly held: number; readonly planId: string | null }> {
    const held = await holdTwelve();
    await holds.release(held, 12, "boss@desk", "they moved");
    const { plan, entities } = await world.plan();
    expect(entities.users).toMatchObject({ gone: 12, held: 0 });
    return { held, planId: plan };
  }

  test("lets through what was released, as the run that reads would", async () => {
    const { held, planId } = await planned();
    expect(recordsOf(await world.sync({ planId }), "users")).toMatchObject({ gone: 12, held: 0 });
    expect(await states()).toEqual([[held, "applied"]]);
    const by = await world.sql("select distinct actor, reason from audit.entries where kind = 'tombstone'");
    expect(by).toEqual([{ actor: "boss@desk", reason: "they moved" }]);
  });

  test.each(["rejected", "open", "replaced"])("writes nothing once that is %s", async (state) => {
    const { held, planId } = await planned();
    await world.sql("update sync.holds set state = $1", [state]);
    const before = await world.dump();
    expect(await world.sync({ planId })).toMatchObject({ outcome: "drift", exitCode: 9, error: { code: "RUN002" } });
    expect(await world.dump()).toEqual(before);
    expect(await states()).toEqual([[held, state]]);
  });
});

test("a first load by plan lets the source answer, as of when it was read", async () => {
  const planned = await world.plan();
  expect(await world.sql("select from mirror.identities")).toEqual([]);
  await world.sync({ planId: planned.plan });
  expect(await world.sql("select key, as_of from mirror.identities where key = 'u1'")).toEqual([
    { key: "u1", as_of: planned.finishedAt },
  ]);
  const part = await world.plan({ only: ["roles"] });
  await world.sync({ planId: part.plan });
  expect(await world.sql("select last_complete_at from sync.sources")).toEqual([
    { last_complete_at: planned.finishedAt },
  ]);
});

test("a plan is refused when a link came meanwhile whose end it brings", async () => {
  await world.sync();
  world.roles.push({ id: "r9", name: "Late" });
  const planned = await world.plan();
  world.users[2]!.roles = ["r9"];
  expect(linksOf(await world.sync({ user: "u3" }), "user_roles")).toMatchObject({ granted: 1, dangling: 1 });
  expect(await world.sync({ planId: planned.plan })).toMatchObject({ outcome: "drift", error: { code: "RUN002" } });
});

test("a plan is refused when a name it gives was taken meanwhile", async () => {
  await world.sync();
  world.users[0]!.login = "dora";
  const planned = await world.plan();
  world.users[0]!.login = "ann";
  world.users[1]!.login = "dora";
  await world.sync({ user: "u2" });
  expect(await world.sync({ planId: planned.plan })).toMatchObject({ outcome: "drift", error: { code: "RUN002" } });
});

test("a plan tells a loss only when nobody else states the same", async () => {
  const members: Record<string, { id: string }[]> = { r1: [{ id: "u1" }], r2: [{ id: "u3" }] };
  for (const [file, text] of Object.entries(FILES_WITH_CHILDREN)) await world.write(file, text);
  world.upstream.on("/roles/{id}/members", ({ params }) => ({ body: { items: members[params.id ?? ""] } }));
  await world.sync();
  // u1 keeps r1 as a member of it, u2 changes from one list to the other, u3 is told of twice.
  Object.assign(world.users[0]!, { roles: ["r2"] });
  Object.assign(world.users[1]!, { roles: [] });
  Object.assign(world.users[2]!, { roles: ["r1", "r2"] });
  Object.assign(members, { r1: [{ id: "u1" }, { id: "u3" }], r2: [{ id: "u2" }] });
  const { plan } = await world.plan();
  const { listed } = await new PlanStore(world.database.knex).access("acme", plan ?? "", 100);
  expect(listed.map(({ user, effect, target }) => [user, effect, target])).toEqual([["u3", "gains", "r1"]]);
});
