import type { RunReport } from "../../../src/domain/runs";
import type { RunChoices } from "../../support/create-runner";
import { type Person, recordsOf, startWorld, type World } from "../../support/world";

/** Everything lands, by batches of a page or two. */
const AT_ONCE = { rows: 30, checkpointEvery: 60_000, landsFrom: 1 };

const ODD = ["a\tb", 'q"uo\\te', "__proto__", "ü", "u\u0308", " space ", "\\N", "line\nbreak", "\u2028", "💥"];

function people(count: number): Person[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index < ODD.length ? (ODD[index] ?? "") : `k${(index * 37) % 1000}`,
    login: `User.${index}`,
    state: index % 7 === 0 ? "off" : "on",
    name: index % 5 === 0 ? null : `Näme \\ "${index}"\t${ODD[index % ODD.length]}`,
    email: index % 3 === 0 ? `u${index}@example.com` : null,
    orgs: index % 4 === 0 ? [] : ["o1", "nowhere"],
    roles: [["r1"], ["r2", "r1"], ["r3"], [{ role: "r2", org: "o2" }, "r2"]][index % 4] ?? [],
    since: ["2026-01-02", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.670+02:00", "0021-01-02T03:04:05.006Z"][
      index % 4
    ],
    department: index % 6 === 0 ? null : { deep: [1.5, "\\x", null, index] },
  }));
}

const FILES = {
  "mappings/acme/users.yaml": `
into: users
key: id
nulls: keep
skip: state = "staged"
fields:
  username: { from: login, required: true }
  status: { from: state, map: { on: active, off: disabled, _: disabled } }
  display_name: name
  email: { from: email, type: email, pii: true }
  valid_from: since
  orgs: { from: orgs, type: list }
  roles: { from: roles, type: list }
attributes:
  department: department
`,
};

async function startPeople(users: Person[], files: Readonly<Record<string, string>> = FILES): Promise<World> {
  const world = await startWorld(files);
  world.users = users;
  return world;
}

const land = (world: World, choices: RunChoices = {}): Promise<RunReport> =>
  world.sync({ batches: AT_ONCE, ...choices });

/** Everything a first load leaves behind, without ids, times and runs. */
async function leftBy(world: World): Promise<unknown> {
  const [left] = await world.sql<{ audit: unknown; digests: unknown; mappings: unknown; rejects: unknown }>(`
    select (select jsonb_agg(said order by said) from (
              select to_jsonb(e) - array['id', 'at', 'run'] as said from audit.entries e) entries) as audit,
           (select jsonb_agg(jsonb_build_object('key', key, 'digest', digest) order by key) from (
              select u.key, substring(d.packed from (u.id % 1024)::integer * 16 + 1 for 16) as digest
              from mirror.users u left join sync.digests d
                on d.source = u.source and d.entity = 'users' and d.chunk = u.id / 1024) told) as digests,
           (select jsonb_agg(to_jsonb(m) - array['run', 'at', 'last_run'] order by stream) from sync.mappings m) as mappings,
           (select jsonb_agg(to_jsonb(r) - array['first_run', 'first_at', 'last_run', 'last_at'] order by stream, record) from sync.rejects r) as rejects`);
  const dump = (await world.dump()) as Record<string, readonly Record<string, unknown>[]>;
  const tables = Object.entries(dump).map(([table, rows]) => [
    table,
    rows.map(({ id: _id, ...row }) => JSON.stringify(row)).sort(),
  ]);
  return { tables, ...left };
}

const landedIn = (report: RunReport): string | undefined =>
  report.notes.find((note) => note.includes("as they were read"));

test("a first load that lands leaves what an ordinary one leaves", async () => {
  const users = people(57);
  users[20] = { id: "bad", login: null, state: "on" };
  users[21] = { id: "later", login: "later", state: "staged" };
  const [ordinary, landed] = [await startPeople(users), await startPeople(users)];
  try {
    const staged = await ordinary.sync();
    const report = await land(landed);

    expect(landedIn(staged)).toBeUndefined();
    expect(landedIn(report)).toContain(` ${recordsOf(staged, "users").new} users written`);
    expect(await leftBy(landed)).toEqual(await leftBy(ordinary));
    expect(report).toMatchObject({
      ...{ outcome: staged.outcome, plan: null, entities: staged.entities, rejects: staged.rejects },
    });
    expect(staged.plan).not.toBeNull();
    const after = await land(landed);
    expect(recordsOf(after, "users")).toMatchObject({
      ...{ unparsed: recordsOf(staged, "users").new, new: 0, changed: 0, skipped: 1 },
    });
    expect(after.plan).not.toBeNull();
  } finally {
    await ordinary.close();
    await landed.close();
  }
});
