/**
 * Customers who change at random, also while they are read, by an API that tells what changed and that fails at random. Whatever
 * the order of incremental and full runs: nobody who is there is ever taken for gone, every change arrives, and the next full pass
 * leaves the mirror as the upstream is. A failure names its seed:
 *
 *     UNDERSTUDY_SEED=42 npx jest random-increments
 */

import { seeds } from "../../support/chance";
import { type ChangingUsers, DELTA_JOB, SINCE_JOB, serveChangingUsers } from "../../support/changing-upstream";
import { createRandom, type Random } from "../../support/random";
import { startWorld, type World } from "../../support/world";

const SEEDS = seeds(1, 8);
const STEPS = 10;
const MINUTE = 60_000;

const boundless = (job: string): string =>
  job.replace("entities:", "safeguard: { removals: 100%, changes: 100%, shrink: 100%, rejects: 100% }\nentities:");

describe.each([
  ["since", boundless(SINCE_JOB)],
  ["delta", boundless(DELTA_JOB)],
  // Then every removal is known by a link alone, so none of them may expire.
  ["delta, looking for nobody", boundless(DELTA_JOB).replaceAll("deletes: sweep-now", "deletes: never")],
] as const)("asking by `%s`", (kind, job) => {
  test.each(SEEDS)(
    "a random life, replayed by UNDERSTUDY_SEED=%d",
    async (seed) => {
      const world = await startWorld({ "jobs/acme.yaml": job });
      try {
        await new Life(world, createRandom(seed), kind).live();
      } finally {
        await world.close();
      }
    },
    120_000,
  );
});

class Life {
  readonly #users: ChangingUsers;
  #count = 0;

  constructor(
    private readonly world: World,
    private readonly random: Random,
    private readonly kind: "since" | "delta" | "delta, looking for nobody",
  ) {
    this.#users = serveChangingUsers(world);
    this.#users.stampsAhead = (random.below(5) - 2) * 90 * MINUTE;
    this.#users.tellsEach = random.below(2) === 0;
    world.users = [];
    for (let number = 0; number < 20; number += 1) this.#arrive();
  }

  async live(): Promise<void> {
    // Nobody tells who was removed before there was a link.
    if (!this.#expires) await this.world.sync();
    for (let step = 0; step < STEPS; step += 1) {
      await this.#step();
      expect(await this.#missing()).toEqual([]);
    }
    await this.#settle();
  }

  async #step(): Promise<void> {
    const { below, one } = this.random;
    for (let changes = below(5); changes > 0; changes -= 1) this.#change();
    const struck = below(4) === 0 ? 1 + below(4) : null;
    const busy = below(3) === 0 ? 1 + below(4) : null;
    this.#users.beforePage = (page) => {
      if (page === busy) this.#change();
      return page === struck ? one([{ status: 500 }, { status: this.#expires ? 410 : 404 }, { body: "<html>" }]) : null;
    };
    if (below(6) === 0 && this.#expires) this.#users.expireLinks();
    this.#users.withoutLink = below(8) === 0;
    if (below(6) === 0) await this.world.sql("update sync.watermarks set full_at = full_at - interval '8 days'");
    const planned = below(6) === 0 ? (await this.world.plan()).plan : null;
    await this.world.sync({
      full: below(8) === 0,
      only: below(6) === 0 ? ["users"] : null,
      planId: below(2) === 0 ? planned : null,
    });
    this.#users.beforePage = () => null;
    this.#users.withoutLink = false;
  }

  /** Quiet days: every change has arrived, and after a full pass nothing is left over. */
  async #settle(): Promise<void> {
    for (let night = 0; night < 2; night += 1) {
      this.#users.clock += 30 * MINUTE;
      await this.world.sync();
    }
    const there = await this.#mirror();
    // By `since` nobody is told of removals: a name that somebody holds who is gone cannot be taken over yet.
    const isTaken = (line: string) =>
      there.some((other) => nameIn(other) === nameIn(line) && keyIn(other) !== keyIn(line));
    expect(this.#truth().filter((line) => !there.includes(line) && !isTaken(line))).toEqual([]);
    if (this.kind !== "since") expect(there).toEqual(this.#truth());
    expect(await this.world.sync({ full: true })).toMatchObject({ outcome: "ok" });
    expect(await this.#mirror()).toEqual(this.#truth());
    expect(await this.world.sync()).toMatchObject({
      outcome: "ok",
      entities: { users: { new: 0, changed: 0, gone: 0 } },
    });
  }

  get #expires(): boolean {
    return this.kind !== "delta, looking for nobody";
  }

  #change(): void {
    const { world, random } = this;
    this.#users.clock += random.below(40) * MINUTE;
    const who = random.one(world.users);
    const fate = random.below(6);
    if (fate === 0 || (fate === 1 && world.users.length < 10)) this.#arrive();
    else if (fate === 1) this.#users.remove(String(who.id));
    else if (fate === 2) {
      // Two people swap their names, and for a moment have the same one.
      const other = random.one(world.users);
      const [mine, theirs] = [who.login, other.login];
      this.#users.put({ ...who, login: theirs });
      this.#users.clock += random.below(2) * MINUTE;
      this.#users.put({ ...other, login: mine });
    } else this.#users.put({ ...who, name: `${who.id} at ${this.#users.clock}` });
  }

  #arrive(): void {
    this.#count += 1;
    const [id, login] = [`u${this.#count}`, `user${this.#count}`];
    this.#users.put({ id, login, state: "on", name: login, orgs: ["o2"], roles: ["r2"] });
  }

  #truth(): readonly string[] {
    return this.world.users.map(({ id, login, name }) => `${id} ${login} ${name}`).sort();
  }

  async #mirror(): Promise<readonly string[]> {
    const sql = "select key, username, display_name from mirror.users where tombstoned_at is null";
    const rows = await this.world.sql<{ key: string; username: string; display_name: string }>(sql);
    return rows.map(({ key, username, display_name }) => `${key} ${username} ${display_name}`).sort();
  }

  /** Who is there and was taken for gone. */
  async #missing(): Promise<readonly string[]> {
    const gone = await this.world.sql<{ key: string }>("select key from mirror.users where tombstoned_at is not null");
    return gone.map(({ key }) => key).filter((key) => this.world.users.some(({ id }) => id === key));
  }
}

const keyIn = (line: string): string | undefined => line.split(" ")[0];
const nameIn = (line: string): string | undefined => line.split(" ")[1];
