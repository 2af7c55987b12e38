import type { PoolClient } from "pg";
import { pause } from "../domain/pause";
import type { RunReport } from "../domain/runs";
import type { Database } from "./database";
import { isPassing } from "./database-failure";
import {
  type Claim,
  claimSource,
  endSession,
  keepLease,
  type LeaseTerms,
  overtaken,
  releaseSource,
  transferLease,
} from "./fence";
import { nameSession, type SessionName } from "./session-name";

/** What a run puts up with from its database. */
export interface DatabaseRetry {
  /** How long a server that is away is waited for, in milliseconds. */
  readonly timeout: number;
  /** How often a run goes on after the database failed it. */
  readonly retries: number;
}

/** A server that restarts is back by then; a slot's run that waited in vain is tried again later. */
export const DATABASE_RETRY: DatabaseRetry = { timeout: 60_000, retries: 5 };

export interface LeaseOptions {
  readonly lease: LeaseTerms;
  readonly retry: DatabaseRetry;
  /** Ends the waiting for a server. */
  readonly signal: AbortSignal;
  /** The database failed the run, which goes on as soon as that has passed. */
  readonly interrupted: (error: unknown) => void;
  /** The run ends by that; the source is still held. */
  readonly failed: (error: unknown) => Promise<unknown>;
}

/** What a run works with as long as its session lives. */
export interface Lease {
  readonly session: PoolClient;
  /** Lends another session, which ends with this one; null where there is none to spare. */
  readonly another: () => Promise<PoolClient | null>;
  readonly fence: number;
  /** Aborted with RUN003 once another run has taken over. */
  readonly overtaken: AbortSignal;
}

/**
 * Holds a source for a run while it works, also over what passes: a connection that was cut, a server that restarted, a
 * collision with another transaction. The run then goes on with another session, under the same fence, when nobody has taken
 * over:
 *
 *     failed    wait until the server answers, and see that the former session does nothing more
 *     ended     the run's end is in the database: its commit had come through, and the report kept there is the answer
 *     held      else claim the source for the new session, and do the work again, from what the former one had committed
 *
 * @param work finds out by itself what an earlier call of it has committed
 * @throws Failure RUN001 while another run holds the source, RUN003 for a run that was given up or overtaken, DB001 when the
 *   server does not come back or fails time and again; what `work` throws
 */
export async function leaseSource(
  database: Database,
  claim: Claim,
  terms: LeaseOptions,
  work: (lease: Lease) => Promise<RunReport>,
): Promise<RunReport> {
  const { retry, signal } = terms;
  const holder = new SourceLease(database, claim, terms);
  const ending = AbortSignal.any([signal, holder.overtaken]);
  try {
    for (let failures = 0; ; failures += 1) {
      const outcome = await holder.work(work, failures < retry.retries);
      if ("report" in outcome) return outcome.report;
      terms.interrupted(outcome.error);
      await untilBack(database, { timeout: retry.timeout, first: SHORTEST_PAUSE * 2 ** failures, signal: ending });
    }
  } finally {
    holder.stop();
  }
}

class SourceLease {
  readonly #overtaken = new AbortController();
  /** That the run works on. */
  readonly #sessions = new Set<PoolClient>();
  /** Of the latest session that held the source. */
  #name: SessionName | null = null;
  /** Null until a claim is known to have succeeded. */
  #fence: number | null = null;
  #stopLease: () => void = () => undefined;

  constructor(
    private readonly database: Database,
    private readonly claim: Claim,
    private readonly terms: LeaseOptions,
  ) {}

  get overtaken(): AbortSignal {
    return this.#overtaken.signal;
  }

  stop(): void {
    this.#stopLease();
  }

  /** @param mayGoOn whether what passes is an outcome, and not the run's end */
  async work(
    work: (lease: Lease) => Promise<RunReport>,
    mayGoOn: boolean,
  ): Promise<{ readonly report: RunReport } | { readonly error: unknown }> {
    try {
      return { report: await this.database.withClient((session) => this.#workOn(session, work, mayGoOn)) };
    } catch (error) {
      if (mayGoOn && this.#passes(error)) return { error };
      throw error;
    }
  }

  async #workOn(session: PoolClient, work: (lease: Lease) => Promise<RunReport>, mayGoOn: boolean): Promise<RunReport> {
    const fence = await this.#take(session);
    if (typeof fence !== "number") return fence;
    this.#sessions.add(session);
    let isSound = false;
    const another = async (): Promise<PoolClient | null> => {
      const lent = await this.database.lendSpare();
      if (lent !== null) this.#sessions.add(lent);
      return lent;
    };
    try {
      const report = await work({ session, another, fence, overtaken: this.overtaken });
      isSound = true;
      // What was lost after the run's end is the session alone.
      await this.#release(session, fence).catch(() =>
        this.database.withClient((another) => this.#leave(another, fence)).catch(() => undefined),
      );
      return report;
    } catch (error) {
      if (mayGoOn && this.#passes(error)) throw error;
      // Whatever a run that was overtaken trips over, that is why it ended.
      const reason = (await this.#isOvertaken(fence)) ? overtaken(this.claim.source) : error;
      await this.terms.failed(reason);
      await this.#leave(session, fence);
      throw reason;
    } finally {
      this.#sessions.delete(session);
      for (const lent of this.#sessions) lent.release(!isSound);
      this.#sessions.clear();
    }
  }

  /** Claims the source, or goes on holding it. @returns the fence; the report of a run that has ended already */
  async #take(session: PoolClient): Promise<number | RunReport> {
    const { claim, terms } = this;
    const name = await nameSession(session);
    const former = this.#name;
    if (former !== null) await endSession(session, former);
    this.#name = name;
    if (this.#fence === null) {
      this.#fence = await claimSource(session, claim, terms.lease, former);
      this.#keepLease(this.#fence);
    } else {
      const ended = await reportOf(session, claim);
      if (ended !== null) {
        await this.#leave(session, this.#fence);
        return ended;
      }
      await transferLease(session, claim, this.#fence, terms.lease);
    }
    return this.#fence;
  }

  /** Asks where that was not heard yet: what another run has written may be what this one trips over. */
  async #isOvertaken(fence: number): Promise<boolean> {
    if (this.overtaken.aborted || this.terms.signal.aborted) return this.overtaken.aborted;
    const { source } = this.claim;
    const held = this.#query("select from sync.sources where source = $1 and fence = $2", [source, fence]);
    return held.then(
      (rows) => rows === 0,
      () => false,
    );
  }

  /** Beside the run's session, which may be busy or gone. @returns how many rows there were */
  #query(text: string, parameters: readonly unknown[]): Promise<number> {
    const query = { text, values: [...parameters], query_timeout: this.terms.lease.renewEvery };
    return this.database.withClient(async (client) => (await client.query(query)).rowCount ?? 0);
  }

  #keepLease(fence: number): void {
    // Also ends a query that was sent over a connection that is gone, and whose answer will never come.
    const silent = (): void => {
      for (const session of this.#sessions) void session.end().catch(() => undefined);
    };
    const { lost, stop } = keepLease(
      (sql, parameters) => this.#query(sql, parameters),
      { source: this.claim.source, fence, silent },
      this.terms.lease,
    );
    lost.addEventListener("abort", () => this.#overtaken.abort(lost.reason), { once: true });
    this.#stopLease = stop;
  }

  async #leave(session: PoolClient, fence: number): Promise<void> {
    // When the session is gone this fails, and the source is free all the same: a dead session holds nothing.
    await this.#release(session, fence).catch(() => undefined);
  }

  #release(session: PoolClient, fence: number): Promise<void> {
    return releaseSource(session, this.claim.source, fence);
  }

  #passes(error: unknown): boolean {
    return !this.terms.signal.aborted && !this.overtaken.aborted && isPassing(error);
  }
}

/** Of a run that ended by what it committed; RUN003 when it was ended by others, who took it for dead. */
async function reportOf(session: PoolClient, { run, source }: Claim): Promise<RunReport | null> {
  const { rows } = await session.query<{ report: RunReport | null }>(
    "select report from sync.runs where id = $1 and state = 'finished'",
    [run],
  );
  const [ended] = rows;
  if (ended === undefined) return null;
  if (ended.report === null || ended.report.error?.code === "RUN007") throw overtaken(source);
  return ended.report;
}

/** Milliseconds; each time doubled, and random below that, so that not everybody comes at once. */
const SHORTEST_PAUSE = 50;
const LONGEST_PAUSE = 1_000;

/** Asks a server until it answers. */
async function untilBack(
  database: Database,
  { timeout, first, signal }: { readonly timeout: number; readonly first: number; readonly signal: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + timeout;
  for (let next = first; ; next = Math.min(2 * next, LONGEST_PAUSE)) {
    await pause(next * Math.random(), signal);
    signal.throwIfAborted();
    try {
      await database.withClient((client) => client.query("select"));
      return;
    } catch (error) {
      if (!isPassing(error) || performance.now() > deadline) throw error;
    }
  }
}
