import type { Socket } from "node:net";
import { Client, type ClientBase, type ClientConfig, type Pool } from "pg";
import { nameSession, type SessionName } from "./session-name";

/** Milliseconds between two looks, and what a look may take. */
const INTERVAL = 5_000;
const SHORTEST_LOOK = 1_000;
/** How many looks in a row must get no answer until the server counts as one that hangs. */
const LOOKS_IN_VAIN = 3;

/** What `pg` knows of its connection, and tells in no other way. */
type Wire = ClientBase & { readonly readyForQuery: boolean; readonly connection: { readonly stream: Socket } };

interface Watched extends SessionName {
  /** That had come from the server when it was looked at last. */
  bytes: number;
  /** Since when the server has had nothing to do for it, as it said when it was asked last; null when it had. */
  idleSince: string | null;
  /** How many looks since it was heard last got no answer. */
  inVain: number;
}

type Told = { readonly pid: number; readonly began: string | null; readonly idleSince: string | null };

const TELL = `select pid, backend_start::text as began, case when state like 'idle%' then state_change::text end as "idleSince"
  from pg_stat_activity where pid = any($1)`;

/**
 * Ends sessions that wait for an answer which will never come: the server was replaced by another, or a firewall forgot the
 * connection, and nobody said a word. The system notices after a quarter of an hour, and until then every connection of the pool
 * may be such a one. A session that was silent for a while is asked about over a new connection:
 *
 *     the server does not know it, or has had nothing to do for it    lost
 *     the server works for it, or refuses to tell                     it goes on waiting
 *     no answer, time and again, and no other session hears from it   the server hangs, and nobody waits for it any more
 */
export class SessionWatch {
  readonly #sessions = new Map<ClientBase, Watched>();
  readonly #timer: NodeJS.Timeout;
  readonly #lookTimeout: number;
  #isLooking = false;

  /** @param every milliseconds between two looks */
  constructor(
    private readonly connection: ClientConfig,
    every = INTERVAL,
  ) {
    this.#lookTimeout = Math.max(every, SHORTEST_LOOK);
    this.#timer = setInterval(() => void this.#look(), every).unref();
  }

  /** Each new connection is named before anybody works with it. */
  async begin(client: ClientBase): Promise<void> {
    this.#sessions.set(client, { ...(await nameSession(client)), bytes: 0, idleSince: null, inVain: 0 });
  }

  of(pool: Pool): void {
    pool.on("remove", (client) => this.#sessions.delete(client));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    const silent = this.#silent();
    if (silent.length === 0) return;
    this.#isLooking = true;
    try {
      const told = await this.#ask(silent.map(([, { pid }]) => pid));
      for (const [client, session] of silent) {
        session.inVain = 0;
        if (!isWaiting(client, session)) session.idleSince = null;
        else if (isLost(session, told.get(session.pid))) end(client);
      }
    } catch (error) {
      // A pooler may have no place, or a host's name no answer: who hears from the server knows that it works.
      const hangs = isLate(error) && !this.#isHeard();
      for (const [client, session] of silent) {
        session.inVain = hangs && isWaiting(client, session) ? session.inVain + 1 : 0;
        if (session.inVain >= LOOKS_IN_VAIN) end(client);
      }
    } finally {
      this.#isLooking = false;
    }
  }

  /** Those that wait, and have heard nothing since the last look. */
  #silent(): readonly (readonly [ClientBase, Watched])[] {
    if (this.#isHeard()) for (const session of this.#sessions.values()) session.inVain = 0;
    return [...this.#sessions].filter(([client, session]) => {
      const isSilent = isWaiting(client, session);
      if (!isSilent) [session.idleSince, session.inVain] = [null, 0];
      session.bytes = wireOf(client).connection.stream.bytesRead;
      return isSilent;
    });
  }

  /** Whether anything came from the server since it was looked at last, over whichever session. */
  #isHeard(): boolean {
    return [...this.#sessions].some(([client, { bytes }]) => wireOf(client).connection.stream.bytesRead !== bytes);
  }

  async #ask(pids: readonly number[]): Promise<ReadonlyMap<number, Told>> {
    const asker = new Client({
      ...this.connection,
      application_name: "understudy",
      connectionTimeoutMillis: this.#lookTimeout,
      query_timeout: this.#lookTimeout,
    });
    asker.on("error", () => undefined);
    try {
      await asker.connect();
      const { rows } = await asker.query<Told>(TELL, [pids]);
      return new Map(rows.map((row) => [row.pid, row]));
    } finally {
      void asker.end().catch(() => undefined);
    }
  }
}

/** Nothing was said at all. Who refuses, or is not there to be asked, has said nothing of anybody, and is no server that hangs. */
const isLate = (error: unknown): boolean =>
  error instanceof Error && /^(?:timeout expired|Query read timeout)$/.test(error.message);

const end = (client: ClientBase): void => void wireOf(client).connection.stream.destroy();

const wireOf = (client: ClientBase): Wire => client as Wire;

/** Who takes what is there at leisure does not wait for the server. */
const isWaiting = (client: ClientBase, { bytes }: Watched): boolean => {
  const { readyForQuery, connection } = wireOf(client);
  return !readyForQuery && !connection.stream.isPaused() && connection.stream.bytesRead === bytes;
};

/** An answer may be on its way: only who was idle all the time between two looks has nothing more to say. */
function isLost(session: Watched, told: Told | undefined): boolean {
  if (told === undefined || (told.began !== null && told.began !== session.began)) return true;
  const wasIdle = told.idleSince !== null && told.idleSince === session.idleSince;
  session.idleSince = told.idleSince;
  return wasIdle;
}
