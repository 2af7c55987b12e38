/**
 * G1 for what is read once for every parent: twelve pages of three parents, and a fault on one of them. What is under that
 * parent keeps what it has; people under their organizations are removed only when every organization was read.
 *
 *     npx jest g01-children                             a few of them, at random
 *     UNDERSTUDY_FAULT="gap" npx jest g01-children      all whose name holds that
 *     npm run faults -- g01-children                    all of them
 */
import { rm } from "node:fs/promises";
import { HoldStore } from "../../src/mirror/hold-store";
import { chance, isWhole } from "../support/chance";
import { PAGES, pageOf, type Strike, strike, strikesOn, WAYS, type Way } from "../support/twelve-pages";
import { createList, type List } from "../support/upstream-list";
import { type Person, startWorld, type World } from "../support/world";

const PARENTS = ["a", "b", "c"];
const PAGES_EACH = PAGES / PARENTS.length;

const JOB_OF = (entities: string): string => `
source: acme
baseUrl: \${UPSTREAM_URL}
auth: { kind: none }
http: { allowPrivate: true, concurrency: 4, timeout: 20s, retry: { on: [429], backoff: 1ms..2ms, budget: 1s } }
entities:
  orgs: { get: /orgs, records: items, deletes: sweep-now }
${entities}
`;
const MEMBERS = (way: Way): string =>
  JOB_OF(`
  users: { get: /users, records: items, deletes: sweep-now }
  members: { each: orgs, get: "/orgs/{parent.id}/members", records: items, page: ${pageOf(way)}, deletes: sweep-within-parent }
`);
const PEOPLE = (way: Way, deletes: string): string =>
  JOB_OF(
    `  people: { each: orgs, get: "/orgs/{parent.id}/members", records: items, page: ${pageOf(way)}, deletes: ${deletes} }`,
  );

const { below } = chance;
const { UNDERSTUDY_FAULT: wanted } = process.env;
const isLong = isWhole || wanted !== undefined;
const ways = isLong ? WAYS : Array.from({ length: 3 }, (_, at) => WAYS[at * 5 + below(5)] as Way);

/** What there is no telling in links: a key is in every one, and two of the same say the same. */
const NOT_OF_LINKS = ["two with one key"];
const pagesOf = ({ paging }: Way): number => (paging === "none" ? 1 : PAGES_EACH);

function chosen(way: Way, without: readonly string[]): Strike[] {
  const strikes = strikesOn(way, pagesOf(way)).filter(
    ({ name }) => !without.includes(name) && (wanted === undefined || name.includes(wanted)),
  );
  return isLong ? strikes : Array.from({ length: 3 }, () => strikes[below(strikes.length)] as Strike);
}

let world: World;
let lists: ReadonlyMap<string, List>;
let night = 0;
/** Who is in which organization. */
const members = new Map<string, string[]>();

async function open(way: Way, files: Readonly<Record<string, string>>, unused: readonly string[]): Promise<void> {
  world = await startWorld(files);
  for (const name of unused) await rm(`${world.home}/mappings/acme/${name}.yaml`);
  world.orgs = PARENTS.map((id) => ({ id, name: id }));
  lists = new Map(
    PARENTS.map((parent) => {
      const records = () => (members.get(parent) ?? []).map((id) => ({ id, login: id, name: `${id} ${night % 2}` }));
      const list = createList(world.upstream.url, records, { ...way, pageSize: 4 });
      world.upstream.on(`/orgs/${parent}/members`, list.handler);
      return [parent, list] as const;
    }),
  );
}

/** Sixteen in each, of whom one leaves and one joins every night. */
function populate(): void {
  for (const parent of PARENTS)
    members.set(
      parent,
      Array.from({ length: 16 }, (_, at) => `${parent}${String(at).padStart(2, "0")}`).map((id, at) =>
        at === 1 ? `${id}-${night}` : id,
      ),
    );
}

const everybody = (): string[] => PARENTS.flatMap((parent) => members.get(parent) ?? []);
const weekPasses = () => world.sql("update sync.removals set at = at - interval '8 days'");

function strikeOne(way: Way, struck: Strike): string {
  const parent = PARENTS[below(PARENTS.length)] ?? "a";
  strike(lists.get(parent) as List, way, struck, pagesOf(way));
  return parent;
}

/** Two runs with nothing in the way. Where a parent's whole list had been strangers, a person has to let them go. */
async function settle(): Promise<void> {
  const { run, hold } = await world.sync();
  if (hold === null) {
    await world.sync();
    return;
  }
  await new HoldStore(world.database.knex).release(run, hold.count, "ops", "strangers");
  await world.sync({ release: run });
}

const healAll = (): void => {
  for (const list of lists.values()) list.heal();
};

describe.each(ways)("members, $paging, total: $total", (way) => {
  beforeAll(async () => {
    const files = {
      "jobs/acme.yaml": MEMBERS(way),
      "mappings/acme/users.yaml":
        "into: users\nkey: id\nfields:\n  username: login\n  status: { default: active, from: nothing }\n",
      "mappings/acme/members.yaml": "into: user_orgs\nfields:\n  user: id\n  org: $parent.id\n",
    };
    await open(way, files, ["permissions", "roles"]);
    populate();
    world.users = Array.from(
      { length: 3 },
      (_, at) => ({ id: `${PARENTS[at]}00`, login: `${PARENTS[at]}00` }) as Person,
    );
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
  });
  afterAll(() => world.close());

  const stated = async (): Promise<readonly string[]> =>
    (
      await world.sql<{ said: string }>(
        "select owner_key || '/' || user_key as said from mirror.user_orgs order by owner_key, user_key",
      )
    ).map(({ said }) => said);
  /** Stated by these now. */
  const statedNow = (parents: readonly string[]): string[] =>
    parents.flatMap((parent) => (members.get(parent) ?? []).map((id) => `${parent}/${id}`));

  test.each(chosen(way, NOT_OF_LINKS))("$name on page $page", async (struck) => {
    const before = await stated();
    night += 1;
    populate();
    await weekPasses();
    const parent = strikeOne(way, struck);
    const report = await world.sync();
    healAll();
    const after = await stated();
    await weekPasses();
    await settle();
    const settled = await stated();

    const of = (links: readonly string[]) => links.filter((link) => link.startsWith(`${parent}/`));
    if (struck.visibility === "told") {
      // A link without one of its ends is a reject, and no more than that parent's links rest on it.
      expect(report).toMatchObject({ exitCode: struck.name === "a record without its key" ? 5 : 4 });
      expect(after).toEqual(expect.arrayContaining(of(before)));
    }
    // Whatever is told of one parent, the others were read, unless the upstream would not talk to us any more.
    if (report.outcome !== "upstream" && report.hold === null)
      expect(after.filter((link) => !link.startsWith(`${parent}/`))).toEqual(
        statedNow(PARENTS.filter((other) => other !== parent)),
      );
    expect(settled).toEqual(statedNow(PARENTS));
  });
});

describe.each(ways)("people, $paging, total: $total", (way) => {
  let job = "";
  beforeAll(async () => {
    const files = {
      "jobs/acme.yaml": PEOPLE(way, "sweep-now"),
      "mappings/acme/people.yaml":
        "into: users\nkey: id\nfields:\n  username: login\n  display_name: name\n  status: { default: active, from: nothing }\n",
    };
    await open(way, files, ["permissions", "roles", "users"]);
    populate();
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
  });
  afterAll(() => world.close());

  test.each(chosen(way, []))("$name on page $page", async (struck) => {
    const deletes = struck.visibility === "told" ? "sweep-now" : "sweep";
    if (deletes !== job) await world.write("jobs/acme.yaml", PEOPLE(way, deletes));
    job = deletes;
    night += 1;
    populate();
    await weekPasses();
    strikeOne(way, struck);
    const report = await world.sync();
    const removed = await world.sql("select key from audit.entries where run = $1 and kind = 'tombstone'", [
      report.run,
    ]);
    healAll();
    await weekPasses();
    await world.sync();
    await world.sync();
    const live = await world.sql<{ key: string }>("select key from mirror.users where tombstoned_at is null");

    if (struck.visibility === "told") expect(report).toMatchObject({ exitCode: 4 });
    expect(removed).toEqual(struck.visibility === "harmless" && deletes === "sweep-now" ? expect.anything() : []);
    expect(live.map(({ key }) => key).sort()).toEqual(everybody().sort());
  });
});
