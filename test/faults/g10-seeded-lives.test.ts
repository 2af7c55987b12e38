/**
 * G10: customers who live by a seed, read by runs whose upstream, queue and database fail as the seed says. Nothing is lost that
 * the customer still has, nothing is made up, and when the faults stop, two runs make the mirror the customer's.
 *
 *     UNDERSTUDY_SEED=42 npx jest g10           one life
 *     UNDERSTUDY_SEEDS=500 npx jest g10         so many, at random
 *     npm run faults -- g10                     2,000
 *
 * The clock is turned by moving all that a source remembers into the past.
 */

import { Client } from "pg";
import { Failure } from "../../src/domain/errors";
import { silentLog } from "../../src/domain/log";
import type { RunEvent } from "../../src/domain/run-events";
import type { RunReport } from "../../src/domain/runs";
import { type Database, openDatabase } from "../../src/mirror/database";
import { HoldStore } from "../../src/mirror/hold-store";
import { seeds } from "../support/chance";
import type { RunChoices, Worker } from "../support/create-runner";
import { type Cuttable, startCuttable } from "../support/cuttable";
import { eventually } from "../support/eventually";
import { createRandom, type Random } from "../support/random";
import { ROLES, SimulatedCustomer, statedBy } from "../support/simulated-customer";
import { openSimulation, type SimulationStage } from "../support/simulation";
import { WAYS, type Way } from "../support/twelve-pages";

const NIGHTS = 8;

let stage: SimulationStage;
/** To the database, for a worker that loses it. */
let way: Cuttable;
let failing: Database;
let workers: { readonly steady: Worker; readonly failing: Worker };

beforeAll(async () => {
  stage = await openSimulation();
  const { host, port, user, password, database } = new Client({ connectionString: stage.url });
  way = await startCuttable(host.startsWith("/") ? `${host}/.s.PGSQL.${port}` : port);
  const url = `postgresql://${user}:${encodeURIComponent(String(password))}@127.0.0.1:${way.port}/${database}`;
  failing = await openDatabase({ url, home: stage.home, log: silentLog });
  workers = { steady: stage.workerOn(stage.database), failing: stage.workerOn(failing) };
});
afterAll(async () => {
  await failing.close();
  await way.close();
  await stage.close();
});

test.each(seeds(3, 2_000))("a life, replayed by UNDERSTUDY_SEED=%d", async (one) => {
  const life = new Life(one, createRandom(one));
  try {
    await life.begin();
    for (let night = 0; night < NIGHTS; night += 1) await life.night();
    await life.settle();
  } catch (error) {
    if (error instanceof Error) error.message = `${life.story.join("\n")}\n${error.message}`;
    throw error;
  }
});

const sql = <R>(query: string, parameters: readonly unknown[] = []): Promise<readonly R[]> =>
  stage.sql(query, parameters);

/** How absences count, and what else may go wrong because of it. */
const DELETES = {
  "single read": "one: '/users/{key}', deletes: sweep",
  "second run": "deletes: sweep",
  "at once": "deletes: sweep-now",
} as const;
type Deletes = keyof typeof DELETES;

/** Whose turn it is. */
let customer: SimulatedCustomer;

class Life {
  /** What happened, for whoever has to find out why. */
  readonly story: string[] = [];
  readonly #source: string;
  readonly #way: Way;
  readonly #deletes: Deletes;
  readonly #batches: NonNullable<RunChoices["batches"]>;
  /** Since when everything that was read may have been read: a run may go on from an interrupted one. */
  #readSince = 0;
  /** Somebody who is there may pass for absent once, by a list that nobody could tell from an honest one. */
  #suspect = false;
  readonly #ids = new Map<string, unknown>();
  /** By this the database looks for entries, and not through those of all other lives. */
  #begunAt = "";

  constructor(
    seed: number,
    private readonly random: Random,
  ) {
    this.#source = `s${seed}`;
    this.#way = random.one(WAYS);
    this.#deletes = random.one(["single read", "second run", "at once"] as const);
    this.#batches = random.one([{}, { rows: 5, checkpointEvery: 0 }, { rows: 5, checkpointEvery: 0, landsFrom: 1 }]);
  }

  async begin(): Promise<void> {
    customer = new SimulatedCustomer(this.random, this.#way, stage.upstreamUrl);
    this.story.push(JSON.stringify({ way: this.#way, deletes: this.#deletes, batches: this.#batches }));
    await stage.enter(customer, this.#source, DELETES[this.#deletes]);
    for (const { now } of await sql<{ now: string }>("select clock_timestamp()::text as now")) this.#begunAt = now;
  }

  /** Some days of the customer, then a run that is struck by this or that. */
  async night(): Promise<void> {
    const { below, one } = this.random;
    for (let changes = below(6); changes > 0; changes -= 1) customer.change();
    const isSafe = this.#deletes === "single read" || (this.#deletes === "second run" && !this.#suspect);
    let isUnseen = false;
    if (below(3) > 0) {
      isUnseen = isSafe && below(3) === 0;
      this.story.push(`fault: ${customer.fail(isUnseen ? "unseen" : "told")}`);
    }
    if (below(5) === 0 && !isUnseen) customer.single = one(["404", "500"] as const);
    if (below(4) === 0) {
      // Who comes and goes between two pages moves others past them, unseen.
      const mayMove =
        isSafe && customer.single === "honest" && (isUnseen || this.#deletes === "single read" || below(2) === 0);
      isUnseen ||= mayMove;
      customer.whileReading = () => {
        if (below(3) === 0) mayMove ? customer.change() : customer.edit();
      };
    }
    const reports = await this.#run();
    customer.heal();
    const last = reports.at(-1);
    const isComplete = last !== undefined && last.exitCode !== 4 && Object.keys(last.entities).length > 0;
    if (this.#deletes === "second run") this.#suspect = isUnseen || (this.#suspect && !isComplete);
    await this.#decide();
    await this.#turnClock(one(["5 minutes", "5 minutes", "1 day", "9 days"]));
  }

  /** When the faults stop, two runs make the mirror the customer's; a person has to look at what was held. */
  async settle(): Promise<void> {
    customer.mend();
    await this.#turnClock("9 days");
    for (let round = 0; round < 2; round += 1) {
      // Somebody made up may still have a name, until a second run has missed them too.
      await this.#quiet([0, 5, 6]);
      const last = await this.#quiet();
      if (last.hold === null) break;
      await this.#decide();
    }
    expect(await this.#mirrored()).toEqual(stateOf(customer));
    const quiet = await this.#quiet();
    expect(quiet).toMatchObject({ outcome: "ok", hold: null });
    const told = "select kind, entity, key from audit.entries where run = $1 and at >= $2";
    expect(await sql(told, [quiet.run, this.#begunAt])).toEqual([]);
  }

  async #quiet(exitCodes = [0, 6]): Promise<RunReport> {
    const report = await this.#work(workers.steady, await this.#queue(), {});
    expect(exitCodes).toContain(report.exitCode);
    await this.#check();
    return report;
  }

  /** A run as the queue hands it out: once, twice, late, or to a worker that dies over it. */
  async #run(): Promise<readonly RunReport[]> {
    const { below, one } = this.random;
    const run = await this.#queue();
    const fate = below(8);
    this.story.push(`night: fate ${fate}, single reads ${customer.single}`);
    switch (fate) {
      case 0: {
        // Handed out twice, at once or one after the other.
        const [a, b] = [() => this.#work(workers.steady, run, {}), () => this.#work(workers.steady, run, {})];
        const both = below(2) === 0 ? await Promise.all([a(), b()]) : [await a(), await b()];
        return this.#checked([...both].sort((x, y) => y.exitCode - x.exitCode));
      }
      case 1: {
        const later = await this.#queue();
        const early = await this.#work(workers.steady, later, {});
        await this.#checked([early]);
        return this.#checked([await this.#work(workers.steady, run, {})]);
      }
      case 2: {
        // The worker dies: its database hears nothing more of it, the queue hands the run to another, and the next slot comes.
        const dead = await this.#work(workers.failing, run, {
          ...this.#at(() => way.cut()),
          retry: { timeout: 0, retries: 0 },
        });
        way.mend();
        await this.#untilFree();
        const again = await this.#work(workers.steady, run, {});
        return this.#checked([dead, again, await this.#work(workers.steady, await this.#queue(), {})]);
      }
      case 3: {
        const act = one([
          () => {
            way.cut();
            setImmediate(() => way.mend());
          },
          () => void sql("select pg_terminate_backend(holder_pid) from sync.sources where source = $1", [this.#source]),
        ]);
        return this.#checked([await this.#work(workers.failing, run, this.#at(act))]);
      }
      case 4: {
        const told = new AbortController();
        const stop = () => told.abort(new Failure("RUN004", "told to end"));
        return this.#checked([await this.#work(workers.steady, run, { ...this.#at(stop), signal: told.signal })]);
      }
      default:
        return this.#checked([await this.#work(workers.steady, run, {})]);
    }
  }

  #queue = (): Promise<number> => workers.steady.queue({ source: this.#source, by: "simulation" });

  async #work(worker: Worker, run: number, choices: RunChoices): Promise<RunReport> {
    const report = await worker.work(run, { batches: this.#batches, ...choices });
    const { outcome, error, notes } = report;
    this.story.push(`  run ${run}: ${outcome}, ${error?.message ?? "no error"} ${JSON.stringify(notes)}`);
    return report;
  }

  /** Acts once, at one of the first events of the run. */
  #at(act: () => void): Pick<RunChoices, "tell"> {
    const { story } = this;
    let left = this.random.below(16);
    return {
      tell(_event: RunEvent) {
        if (left === 0) {
          act();
          story.push("  struck");
        }
        left -= 1;
      },
    };
  }

  async #untilFree(): Promise<void> {
    const held = `select from sync.sources s join pg_stat_activity a
      on a.pid = s.holder_pid and a.backend_start = s.holder_session_started where s.source = $1`;
    await eventually(
      () => sql(held, [this.#source]),
      (rows) => rows.length === 0,
    );
  }

  /** The operator lets through what is true, and nothing else. */
  async #decide(): Promise<void> {
    const holds = new HoldStore(stage.database.knex);
    const [open] = await holds.list({ source: this.#source, all: false });
    if (open === undefined || open.state !== "open") return;
    const held = await sql<{ kind: string; key: string; related: string; origin: string }>(
      "select kind, key, related, origin from sync.held_changes where run = $1",
      [open.run],
    );
    const isWrong = held.some(({ kind, key, related, origin }) =>
      kind === "tombstone"
        ? customer.heldSince(key, customer.now)
        : kind === "revoke" && customer.heldSince(statedBy(origin, related, key), customer.now),
    );
    if (isWrong) await holds.reject(open.run, "operator", null);
    else await holds.release(open.run, open.count, "operator", null);
  }

  async #turnClock(by: string): Promise<void> {
    for (const [table, columns] of Object.entries(REMEMBERED))
      await sql(
        `update ${table} set ${columns.map((column) => `${column} = ${column} - $2::interval`).join(", ")} where source = $1`,
        [this.#source, by],
      );
  }

  async #checked(reports: readonly RunReport[]): Promise<readonly RunReport[]> {
    // Nothing that fails around it makes a run fail by itself.
    for (const { exitCode, error } of reports) expect({ exitCode, error }).not.toMatchObject({ exitCode: 1 });
    await this.#check();
    const concluded = ["ok", "rejects", "held", "incomplete"];
    if (concluded.includes(reports.at(-1)?.outcome ?? "")) this.#readSince = customer.now;
    return reports;
  }

  #checkedUntil = 0;

  /** What any run since the last look has done must be true of the customer. */
  async #check(): Promise<void> {
    const entries = await sql<{
      id: string;
      run: string;
      kind: string;
      entity: string;
      cause: string;
      key: string;
      related: string;
      origin: string;
    }>(
      `select e.id, e.run, e.kind, e.entity, e.cause, e.key, e.related, e.origin from audit.entries e
       where e.source = $1 and e.id > $2 and e.at >= $3 and e.kind in ('tombstone', 'revoke')
         and (e.kind = 'tombstone' or e.entity = 'user_roles' and not exists (
           select from mirror.user_roles t
           where t.source = $1 and t.user_key = e.key and t.role_key = e.related and t.origin = e.origin))`,
      [this.#source, this.#checkedUntil, this.#begunAt],
    );
    for (const { id } of entries) this.#checkedUntil = Math.max(this.#checkedUntil, Number(id));
    const lost = entries.filter(({ kind, entity, cause, key, related, origin }) =>
      kind === "revoke"
        ? customer.heldSince(statedBy(origin, related, key), this.#readSince)
        : entity === "roles" ||
          (entity === "users" && cause !== "conflict" && customer.heldSince(key, this.#readSince)),
    );
    expect(lost).toEqual([]);

    const people = await sql<{
      id: unknown;
      key: string;
      username: string;
      name: string;
      status: "active" | "disabled";
    }>(
      "select id, key, username, display_name as name, status from mirror.users where source = $1 and tombstoned_at is null",
      [this.#source],
    );
    const madeUp = people.filter(
      ({ key, username, name, status }) => !customer.everSaid(key, username, name, status) && !key.startsWith("x"),
    );
    expect(madeUp).toEqual([]);
    for (const { key, id } of people) expect(this.#ids.get(key) ?? id).toBe(this.#ids.set(key, id).get(key));
  }

  async #mirrored(): Promise<unknown> {
    const people = await sql<Record<string, string>>(
      "select key, username, display_name as name, status from mirror.users where source = $1 and tombstoned_at is null",
      [this.#source],
    );
    const rights = await sql<{ said: string }>(
      "select concat_ws(' ', origin, role_key, user_key) as said from mirror.user_roles where source = $1 and effective",
      [this.#source],
    );
    return {
      people: people.map(({ key, username, name, status }) => [key, username, name, status].join(" ")).sort(),
      rights: rights.map(({ said }) => said).sort(),
    };
  }
}

function stateOf({ people, members }: SimulatedCustomer): unknown {
  return {
    people: people
      .map(({ id, login, name, state }) => [id, login, name, state === "on" ? "active" : "disabled"].join(" "))
      .sort(),
    rights: [
      ...people.flatMap(({ id, roles }) => roles.map((role) => statedBy("users.roles", role, id))),
      ...ROLES.flatMap((role) => [...(members.get(role) ?? [])].map((id) => statedBy("role_members", role, id))),
    ].sort(),
  };
}

/** Times by which a source remembers. */
const REMEMBERED: Readonly<Record<string, readonly string[]>> = {
  "sync.removals": ["at"],
  "sync.absences": ["first_at"],
  "sync.checkpoints": ["at"],
  "sync.holds": ["held_at", "decided_at", "expires_at"],
  "sync.runs": ["queued_at", "started_at", "finished_at"],
};
