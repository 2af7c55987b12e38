/**
 * G1: nobody is removed for being absent from a list that is not provably whole. A list of twelve pages, in every way of
 * paging, with everything that can go wrong with one page: what was read before it lands, and the report says which proof
 * failed and where. What no reader can tell from an honest list needs the second witness.
 *
 *     npx jest g01                             a few of them, at random
 *     UNDERSTUDY_FAULT="gap" npx jest g01      all whose name holds that
 *     npm run faults -- g01                    all of them
 */
import { rm } from "node:fs/promises";
import { chance, isWhole } from "../support/chance";
import { PAGE_FAULTS, PAGES, pageOf, type Strike, strike, strikesOn, WAYS, type Way } from "../support/twelve-pages";
import type { List } from "../support/upstream-list";
import { type Person, recordsOf, startWorld, type World } from "../support/world";

const JOB_OF = (way: Way, deletes: string): string => `
source: acme
baseUrl: \${UPSTREAM_URL}
auth: { kind: none }
http: { allowPrivate: true, timeout: 20s, retry: { on: [429], backoff: 1ms..2ms, budget: 1s } }
entities:
  roles: { get: /roles, records: items, deletes: sweep-now }
  users: { get: /users, records: items, page: ${pageOf(way)}, ${deletes} }
`;
/** Only a list that is not provably whole protects anybody here. */
const ALONE = "deletes: sweep-now";
const SECOND_RUN = "deletes: sweep";
const SINGLE_READ = "one: '/users/{key}', deletes: sweep";

const { below } = chance;
const { UNDERSTUDY_FAULT: wanted } = process.env;
const isLong = isWhole || wanted !== undefined;
const ways = isLong ? WAYS : Array.from({ length: 5 }, (_, at) => WAYS[(at * 3 + below(3)) % WAYS.length] as Way);

describe.each(ways)("$paging, total: $total", (way) => {
  let world: World;
  let list: List;
  let night = 0;
  let job = "";
  beforeAll(async () => {
    world = await startWorld({ "jobs/acme.yaml": JOB_OF(way, ALONE) });
    for (const file of ["orgs", "permissions"]) await rm(`${world.home}/mappings/acme/${file}.yaml`);
    list = world.upstream.serveList("/users", () => world.users, { ...way, pageSize: 4 });
    world.users = residents(0);
    expect(await world.sync()).toMatchObject({ outcome: "ok" });
  });
  afterAll(() => world.close());

  const pages = way.paging === "none" ? 1 : PAGES;
  const strikes = strikesOn(way, pages).filter(({ name }) => wanted === undefined || name.includes(wanted));
  const chosen = isLong ? strikes : Array.from({ length: 4 }, () => strikes[below(strikes.length)] as Strike);
  test.each(chosen)("$name on page $page", async (struck) => {
    const { name, page, visibility } = struck;
    night += 1;
    const hasSingle = page % 2 === 0;
    await setJob(JOB_OF(way, visibility !== "unseen" ? ALONE : hasSingle ? SINGLE_READ : SECOND_RUN));
    world.users = [...residents(night), ...newcomers(night)].sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
    strike(list, way, struck, pages);
    const report = await world.sync();
    const landed = await mirrored();
    const removed = await world.sql(REMOVED, [report.run]);

    // A week later, with nothing in the way, the mirror is the upstream's within two runs.
    list.heal();
    await world.sql("update sync.removals set at = at - interval '8 days'");
    const before = world.users.slice(0, way.paging === "none" ? 0 : (page - 1) * 4);
    world.users = residents(night);
    await world.sync();
    await world.sync();
    const after = await mirrored();

    // Nobody is removed, what was read has landed, and the report says which proof failed, and where.
    expect(removed).toEqual([]);
    expect(landed).toMatchObject(namesOf(before));
    const users = recordsOf(report, "users");
    if (visibility === "told") {
      expect(users).toMatchObject({
        complete: false,
        incompleteBecause: expect.stringMatching(PAGE_FAULTS[name]!.says),
      });
      expect(report.exitCode).toBe(4);
    }
    if (visibility === "empty")
      expect(report).toMatchObject({ outcome: "held", hold: { evidence: [{ rule: "empty" }] } });
    if (visibility === "harmless") expect(users).toMatchObject({ complete: true, fetched: 48 });
    expect(after).toEqual(namesOf(world.users));
    expect(await world.sql(REMOVED_EVER, [world.users.map(({ id }) => id)])).toEqual([]);
  });

  async function setJob(text: string): Promise<void> {
    if (text !== job) await world.write("jobs/acme.yaml", text);
    job = text;
  }

  async function mirrored(): Promise<Readonly<Record<string, string>>> {
    const rows = await world.sql<{ key: string; name: string }>(
      "select key, display_name as name from mirror.users where tombstoned_at is null",
    );
    return Object.fromEntries(rows.map(({ key, name }) => [key, name]));
  }
});

const REMOVED = "select kind, key from audit.entries where run = $1 and kind in ('tombstone', 'revoke')";
/** By any run, also those after it. */
const REMOVED_EVER = "select run, key from audit.entries where kind = 'tombstone' and key = any ($1)";

const namesOf = (people: readonly Person[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(people.map(({ id, name }) => [id, name]));

const person = (id: string, night: number): Person => ({
  id,
  login: id,
  state: "on",
  name: `${id} ${night}`,
  roles: ["r2"],
});
const number = (at: number): string => `p${String(at).padStart(2, "0")}`;

/** Who was there before. On each page one is called otherwise every night. */
const residents = (night: number): Person[] =>
  Array.from({ length: PAGES * 4 }, (_, index) => index + 1)
    .filter((at) => at !== 2 && at !== 47)
    .map((at) => person(number(at), at % 7 === 4 || at % 7 === 1 ? night : 0));

const newcomers = (night: number): Person[] => [2, 47].map((at) => person(`${number(at)}-${night}`, night));
