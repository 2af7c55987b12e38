/**
 * What two moments differ in, told by the audit alone, against what the mirror itself said at each of them. A failure names its
 * seed:
 *
 *     UNDERSTUDY_SEED=42 npx jest audit-diff-model
 */
import type { DiffAnswer, LinkDifference } from "../../src/domain/audit";
import type { Json, JsonObject } from "../../src/domain/json";
import { AuditDiff } from "../../src/mirror/audit-diff";
import { GrantStore } from "../../src/mirror/login/grant-store";
import { seeds } from "../support/chance";
import { letExpire } from "../support/let-expire";
import { look, type RecordThen, type Snapshot } from "../support/mirror-snapshot";
import { createRandom, type Random } from "../support/random";
import { FILES_WITH_CHILDREN, RandomCustomer } from "../support/random-customer";
import { releaseHold } from "../support/release-hold";
import { startWorld, type World } from "../support/world";

const STEPS = 9;

test.each(seeds(1, 8))(
  "a random life, replayed by UNDERSTUDY_SEED=%d",
  async (seed) => {
    const world = await startWorld(FILES_WITH_CHILDREN);
    try {
      const random = createRandom(seed);
      const customer = new RandomCustomer(world, random);
      const snapshots: Snapshot[] = [];
      const store = new AuditDiff(world.database.knex);
      const tell = async (before: Snapshot, after: Snapshot): Promise<number> => {
        const told = await store.between({ source: "acme", from: before.at, to: after.at, limit: null });
        expect(inOrder(told)).toEqual(inOrder(difference(before, after)));
        expect([told.recordsTotal, told.linksTotal]).toEqual([told.records.length, told.links.length]);
        return told.recordsTotal + told.linksTotal;
      };
      await world.sync();
      snapshots.push(await look(world));
      for (let step = 0; step < STEPS; step += 1) {
        for (let changes = 1 + random.below(8); changes > 0; changes -= 1) customer.change();
        for (let roles = random.below(3); roles > 0; roles -= 1) customer.stateTwice();
        await world.sync();
        if (random.below(3) === 0) await releaseHold(world);
        if (random.below(2) === 0) await giveOrTake(world, random);
        snapshots.push(await look(world));
        // Not all of it is written down yet.
        await tell(snapshots[step]!, snapshots[step + 1]!);
      }
      let differences = 0;
      for (const [index, before] of snapshots.entries())
        for (const after of snapshots.slice(index + 1)) differences += await tell(before, after);
      expect(differences).toBeGreaterThan(0);
    } finally {
      await world.close();
    }
  },
  240_000,
);

/** A role given here, or the end of one. */
async function giveOrTake(world: World, { one }: Random): Promise<void> {
  const grants = new GrantStore(world.database);
  const by = { by: "ops@desk", reason: "test" };
  const [standing] = await grants.list({
    source: "acme",
    user: null,
    all: false,
  });
  // The next grant would write it down.
  if (standing?.until != null) return void (await letExpire(world, standing.id));
  if (standing !== undefined) await grants.revoke({ source: "acme", id: standing.id, ...by });
  const living = async (entity: string) =>
    world.sql<{ key: string }>(`select key from mirror.${entity} where tombstoned_at is null order by key`);
  const [people, roles] = [await living("users"), await living("roles")];
  if (people.length === 0 || roles.length === 0) return;
  const [{ key: user }, { key: role }] = [one(people), one(roles)];
  await grants.grant({
    source: "acme",
    user,
    role,
    org: null,
    until: one([null, LATER]),
    ...by,
  });
}

const LATER = "2999-01-01T00:00:00.000Z";

type Told = Pick<DiffAnswer, "records" | "links">;

function difference(before: Snapshot, after: Snapshot): Told {
  const records: Record<string, unknown>[] = [];
  for (const [name, now] of after.records) {
    const then = before.records.get(name);
    const { entity, key } = now;
    const [was, is] = [then?.live === true, now.live];
    if (was && !is) records.push({ entity, key, kind: "removed", old: null, new: null });
    if (!is) continue;
    if (then === undefined) {
      records.push({
        entity,
        key,
        kind: "created",
        old: null,
        new: present(now),
      });
      continue;
    }
    const [old, fresh] = differing(then, now);
    if (!was || Object.keys(old).length > 0)
      records.push({
        entity,
        key,
        kind: was ? "changed" : "restored",
        old,
        new: fresh,
      });
  }
  const linksOf = (some: ReadonlySet<string>, others: ReadonlySet<string>, effect: LinkDifference["effect"]) =>
    [...some]
      .filter((link) => !others.has(link))
      .map((link) => {
        const [kind, key, related, scope] = JSON.parse(link);
        return { kind, key, related, scope, effect };
      });
  const links = [...linksOf(after.links, before.links, "gained"), ...linksOf(before.links, after.links, "lost")];
  return { records, links } as unknown as Told;
}

const nested = (attributes: JsonObject): JsonObject => (Object.keys(attributes).length === 0 ? {} : { attributes });

const withoutNulls = (values: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));

const present = ({ values, attributes }: RecordThen): JsonObject => ({
  ...withoutNulls(values),
  ...nested(withoutNulls(attributes)),
});

function differing(then: RecordThen, now: RecordThen): readonly [JsonObject, JsonObject] {
  const [old, fresh] = apart(then.values, now.values);
  const [oldInside, freshInside] = apart(then.attributes, now.attributes);
  return [
    { ...old, ...nested(oldInside) },
    { ...fresh, ...nested(freshInside) },
  ];
}

function apart(a: JsonObject, b: JsonObject): readonly [JsonObject, JsonObject] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const others = names.filter((name) => JSON.stringify(a[name] ?? null) !== JSON.stringify(b[name] ?? null));
  const of = (values: JsonObject): JsonObject =>
    Object.fromEntries(others.map((name): [string, Json] => [name, values[name] ?? null]));
  return [of(a), of(b)];
}

/** Without names, which are those of now; in an order of its own. */
function inOrder({ records, links }: Told) {
  const sorted = (all: readonly object[]) =>
    all
      .map((one) => ({ ...one, name: undefined, calledBy: undefined, relatedName: undefined }))
      .sort((a, b) => (JSON.stringify(a, ORDER) < JSON.stringify(b, ORDER) ? -1 : 1));
  return { records: sorted(records), links: sorted(links) };
}
const ORDER = ["entity", "kind", "key", "related", "scope", "effect"];
