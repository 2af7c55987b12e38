/**
 * Customers who change at random, with an API that fails at random, against a model of what the mirror must hold. A failure
 * names its seed; the same seed lives the same life:
 *
 *     UNDERSTUDY_SEED=42 npx jest random-worlds            one life
 *     UNDERSTUDY_SEEDS=500 npx jest random-worlds          a long campaign
 */
import type { RunReport } from "../../../src/domain/runs";
import { HoldStore } from "../../../src/mirror/hold-store";
import { seeds } from "../../support/chance";
import type { RunChoices } from "../../support/create-runner";
import { changeName, type HeldChanges, MirrorModel, type ReadWorld } from "../../support/mirror-model";
import { createRandom, type Random } from "../../support/random";
import { FILES_WITH_CHILDREN, RandomCustomer } from "../../support/random-customer";
import { inOrder, readMirror } from "../../support/read-mirror";
import { recordsOf, startWorld, type World } from "../../support/world";

const STEPS = 12;

test.each(seeds(1, 20))(
  "a random life, replayed by UNDERSTUDY_SEED=%d",
  async (seed) => {
    const world = await startWorld(FILES_WITH_CHILDREN);
    try {
      const life = new Life(world, createRandom(seed));
      for (let step = 0; step < STEPS; step += 1) await life.step();
      await life.settle();
    } finally {
      await world.close();
    }
  },
  180_000,
);

type Fault = "none" | "users" | "roles" | "members";

class Life {
  readonly #model = new MirrorModel();
  readonly #ids = new Map<string, unknown>();
  readonly #customer: RandomCustomer;
  /** In every other life a first load lands as it is read. */
  readonly #batches: NonNullable<RunChoices["batches"]>;

  constructor(
    private readonly world: World,
    private readonly random: Random,
  ) {
    this.#batches = random.below(2) === 0 ? {} : { rows: 20, landsFrom: 1 };
    this.#customer = new RandomCustomer(world, random);
  }

  /** Some days of the customer, then a run: of everything, struck by a fault, of a part, or of a plan made before. */
  async step(): Promise<void> {
    const { below, one } = this.random;
    for (let changes = below(8); changes > 0; changes -= 1) this.#customer.change();
    const fate = below(10);
    if (fate < 5) await this.#sync("none");
    else if (fate < 7) await this.#sync(one(["users", "users", "roles", "members"]));
    else if (fate === 7) await this.#syncSomebody();
    else if (fate === 8) await this.#syncRoles();
    else await this.#applyPlan();
    if (below(3) === 0) await this.#release();
    await this.#checkHistory();
  }

  /** When the faults stop, the mirror is the upstream's within two runs, and then nothing moves any more. */
  async settle(): Promise<void> {
    const { world } = this;
    this.#customer.mend();
    await this.#sync("none");
    await this.#release();
    await this.#sync("none");
    await this.#release();
    await this.#checkHistory();
    const before = await world.sql(ROW_VERSIONS);
    const quiet = await world.sync();
    expect(quiet).toMatchObject({ hold: null, outcome: expect.stringMatching("ok|rejects") });
    expect(await world.sql(ROW_VERSIONS)).toEqual(before);
  }

  async #sync(fault: Fault): Promise<void> {
    const { world, random } = this;
    const read = { ...this.#customer.readAll() };
    if (fault === "users") {
      const page = 1 + random.below(read.users!.pages.length);
      world.usersList.fault(page, random.one(["html", "truncated", "503", "401", "missing", "cut"]));
      read.users = { pages: read.users!.pages.slice(0, page - 1), ended: false };
    }
    if (fault === "roles") {
      world.rolesList.fault(1, random.one(["html", "truncated", "400"]));
      Object.assign(read, { roles: { pages: [], ended: false }, members: new Map() });
    }
    if (fault === "members") {
      for (const role of this.#customer.rolesAsked().slice(0, 1)) this.#customer.closed.add(role);
      Object.assign(read, this.#customer.readRoles());
    }

    const report = await this.#run(read);
    const complete = Object.values(report.entities).every((counts) => !("complete" in counts) || counts.complete);
    expect(report.exitCode !== 4).toBe(complete && fault !== "roles" && this.#customer.isOpen);
    if (fault === "users") {
      expect(recordsOf(report, "users").complete).toBe(false);
      expect(
        await world.sql("select from audit.entries where run = $1 and entity = 'users' and cause = 'absent'", [
          report.run,
        ]),
      ).toEqual([]);
    }
    world.usersList.heal();
    world.rolesList.heal();
    this.#customer.closed.clear();
  }

  /** Nobody else is touched. */
  async #syncSomebody(): Promise<void> {
    const person = this.#customer.somebody();
    if (person === null) return;
    const choices = { user: String(person.id) };
    const read: ReadWorld = { users: { pages: [[person]], ended: true }, alone: true };
    await this.#run(read, choices);
  }

  async #syncRoles(): Promise<void> {
    const choices = { only: [this.random.one(["roles", "role_members"])] };
    await this.#run(this.#customer.readRoles(), choices);
  }

  /** A plan is applied as it was made, also when the customer has moved on, and once. */
  async #applyPlan(): Promise<void> {
    const { world } = this;
    const planned = await world.plan();
    const read = this.#customer.readAll();
    const held = await this.heldBy(planned.plan);
    this.#customer.change();
    const { plan, entities, outcome } = planned;
    const applied = await world.sync({ planId: plan });
    expect(applied).toMatchObject({ plan, entities, outcome });
    await this.#checkAgainst(read, held);
    const changed = await world.sql("select from audit.entries where run = $1 limit 1", [applied.run]);
    if (changed.length > 0) expect(await world.sync({ planId: plan })).toMatchObject({ error: { code: "RUN002" } });
  }

  /** What waits is let through by a person, and goes through if it still is the same. */
  async #release(): Promise<void> {
    const holds = new HoldStore(this.world.database.knex);
    const [open] = await holds.list({ source: "acme", all: false });
    if (open === undefined) return;
    await holds.release(open.run, open.count, "test", null);
    await this.#sync("none");
  }

  /** A plan and the run after it are the same code: the same changes, the same counts, the same end, the same held. */
  async #run(read: ReadWorld, choices: RunChoices = {}): Promise<RunReport> {
    const { plan, entities, outcome } = await this.world.plan(choices);
    const held = await this.heldBy(plan);
    const report = await this.world.sync({ batches: this.#batches, ...choices });
    // What landed is in no plan, and its twins are counted otherwise.
    expect(report).toMatchObject(report.plan === null ? { outcome } : { plan, entities, outcome });
    expect(["ok", "rejects", "held", "incomplete", "upstream"]).toContain(outcome);
    await this.#checkAgainst(read, held);
    if (read.users !== undefined) {
      const rejected = report.rejects.filter(({ entity }) => entity === "users").map(({ key }) => key);
      expect(new Set(rejected)).toEqual(this.#model.rejected.users);
    }
    return report;
  }

  async #checkAgainst(read: ReadWorld, { held, released }: Awaited<ReturnType<Life["heldBy"]>>): Promise<void> {
    this.#model.run(read, held, released);
    expect(inOrder(await readMirror(this.world))).toEqual(inOrder(this.#model.say()));
  }

  /** What a plan holds, and what of it a person let through. */
  private async heldBy(plan: string | null): Promise<{ readonly held: HeldChanges; readonly released: HeldChanges }> {
    const { world } = this;
    const changes = "sync.plan_changes where plan = $1";
    const held = namesOf(await world.sql<HeldRow>(`select * from ${changes} and held`, [plan]));
    const isReleased = (await world.sql(`select from ${changes} and released limit 1`, [plan])).length > 0;
    const released = isReleased
      ? namesOf(
          await world.sql<HeldRow>(
            "select c.* from sync.held_changes c join sync.holds h on h.run = c.run where h.state = 'released'",
          ),
        )
      : new Map();
    return { held, released };
  }

  /** The audit replayed gives what is live and what is effective, with no change told twice; local ids never change. */
  async #checkHistory(): Promise<void> {
    const { world } = this;
    const told = new Map<string, number>();
    for (const { what, kind } of await world.sql<{ what: string; kind: string }>(AUDITED)) {
      const times = (told.get(what) ?? 0) + (ADDS.has(kind) ? 1 : kind === "update" ? 0 : -1);
      if (kind === "update") expect(times).toBe(1);
      told.set(what, times);
    }
    const found = new Map<string, number>();
    for (const { what } of await world.sql<{ what: string }>(LIVE)) found.set(what, (found.get(what) ?? 0) + 1);
    expect(new Map([...told].filter(([, times]) => times !== 0))).toEqual(found);
    for (const { key, id } of await world.sql<{ key: string; id: unknown }>("select key, id from mirror.users"))
      expect(this.#ids.get(key) ?? id).toBe(this.#ids.set(key, id).get(key));
  }
}

interface HeldRow {
  readonly [column: string]: unknown;
  readonly kind: string;
  readonly entity: string;
  readonly key: string;
  readonly related: string;
  readonly scope: string;
  readonly origin: string;
  readonly new: Readonly<Record<string, unknown>> | null;
}

function namesOf(rows: readonly HeldRow[]): HeldChanges {
  const names = new Map<string, Set<string>>();
  for (const { kind, entity, key, related, scope, origin, new: now } of rows) {
    const { attributes, ...columns } = now ?? {};
    const name = changeName(kind, entity, key, related, scope, origin);
    const fields = [...Object.keys(columns), ...Object.keys(attributes ?? {}).map((field) => `attributes.${field}`)];
    names.set(name, new Set([...(names.get(name) ?? []), ...fields]));
  }
  return names;
}

const ADDS: ReadonlySet<string> = new Set(["create", "restore", "grant"]);
const AUDITED =
  "select jsonb_build_array(entity, key, related, scope, origin)::text as what, kind from audit.entries order by id";
const LIVE = [
  ...["users", "roles", "permissions", "orgs"].map(
    (entity) =>
      `select jsonb_build_array('${entity}', key, '', '', '')::text as what from mirror.${entity} where tombstoned_at is null`,
  ),
  ...[
    ["user_roles", "user_key, role_key, org_key"],
    ["user_orgs", "user_key, org_key, ''"],
    ["role_permissions", "role_key, permission_key, ''"],
  ].map(
    ([kind, ends]) => `select jsonb_build_array('${kind}', ${ends}, origin)::text from mirror.${kind} where effective`,
  ),
].join(" union all ");
const ROW_VERSIONS = `${[
  "mirror.users",
  "mirror.roles",
  "mirror.permissions",
  "mirror.orgs",
  "mirror.user_roles",
  "mirror.user_orgs",
  "mirror.role_permissions",
  "audit.entries",
  "sync.absences",
  "sync.removals",
]
  .map((table) => `select '${table}' as of, xmin::text, ctid::text from ${table}`)
  .join(" union all ")} order by 1, 2, 3`;
