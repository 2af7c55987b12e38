import type { Notice, ToldState } from "../domain/notify";
import type { Database } from "./database";

/** A process that died while it sent is taken over from after this. */
const SEND_TIMEOUT = "90 seconds";

export interface WaitingNotice {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly message: Notice;
  /** This one included. */
  readonly attempts: number;
  /** Milliseconds since it was made. */
  readonly age: number;
}

export interface Undelivered {
  readonly source: string;
  readonly state: "waiting" | "given up";
  readonly count: number;
  /** What kept the latest of them from its receiver. */
  readonly problem: string;
}

/** The state of every source that was told last, and the messages on their way. */
export class NoticeStore {
  constructor(private readonly database: Database) {}

  /**
   * Remembers the state of a source and keeps what is to be told of it, in one transaction: of several processes that see the
   * same change one tells it.
   *
   * @param tell the messages for the change, by target; not called when nothing changed. `was` is null for a source that nobody looked at before
   */
  async settle(
    source: string,
    state: ToldState,
    tell: (was: ToldState | null) => readonly { readonly target: string; readonly message: Notice }[],
  ): Promise<boolean> {
    return this.database.transaction(async (client) => {
      const known = await client.query<{ state: ToldState }>(
        "select state from sync.told_states where source = $1 for update",
        [source],
      );
      const was = known.rows[0]?.state ?? null;
      if (was === state) return false;
      const written = await client.query(
        was === null
          ? "insert into sync.told_states (source, state) values ($1, $2) on conflict do nothing"
          : "update sync.told_states set state = $2, since = now() where source = $1",
        [source, state],
      );
      // Another process has just met it for the first time too.
      if (written.rowCount === 0) return false;
      for (const { target, message } of tell(was))
        await client.query("insert into sync.notices (id, source, target, message) values ($1, $2, $3, $4)", [
          message.id,
          source,
          target,
          JSON.stringify(message),
        ]);
      return true;
    });
  }

  /** The next message to be sent now, taken for a while; of one source and target the oldest goes first. */
  async take(source: string | null): Promise<WaitingNotice | null> {
    const { rows } = await this.database.knex.raw<{ rows: WaitingNotice[] }>(
      `update sync.notices set attempts = attempts + 1, due_at = clock_timestamp() + interval '${SEND_TIMEOUT}'
       where id = (
         select n.id from sync.notices n
         where n.state = 'waiting' and n.due_at <= clock_timestamp() and (?::text is null or n.source = ?)
           and not exists (
             select from sync.notices o
             where o.state = 'waiting' and o.source = n.source and o.target = n.target
               and (o.made_at, o.id) < (n.made_at, n.id))
         order by n.due_at limit 1 for update skip locked)
       returning id, source, target, message, attempts,
                 (extract(epoch from clock_timestamp() - made_at) * 1000)::float8 as age`,
      [source, source],
    );
    return rows[0] ?? null;
  }

  async delivered(id: string): Promise<void> {
    await this.#end(id, "delivered", null);
  }

  /** @param problem null: nobody is to be told it any more */
  async giveUp(id: string, problem: string | null): Promise<void> {
    await this.#end(id, "given up", problem);
  }

  /** Whoever sends it is alive. */
  async renew(id: string): Promise<void> {
    await this.database.knex.raw(
      `update sync.notices set due_at = clock_timestamp() + interval '${SEND_TIMEOUT}' where id = ? and state = 'waiting'`,
      [id],
    );
  }

  /** @param wait milliseconds */
  async again(id: string, problem: string, wait: number): Promise<void> {
    await this.database.knex.raw(
      `update sync.notices set problem = ?, due_at = clock_timestamp() + make_interval(secs => ?::float8)
       where id = ? and state = 'waiting'`,
      [problem, wait / 1_000, id],
    );
  }

  /** What did not arrive, for people: what waits, and what was given up in the last seven days. */
  async undelivered(): Promise<readonly Undelivered[]> {
    const { rows } = await this.database.knex.raw<{ rows: Undelivered[] }>(
      `select source, state, count(*)::integer as count, (array_agg(problem order by due_at desc))[1] as problem
       from sync.notices
       where problem is not null
         and (state = 'waiting' or state = 'given up' and ended_at > clock_timestamp() - interval '7 days')
       group by source, state order by source, state`,
    );
    return rows;
  }

  async #end(id: string, state: "delivered" | "given up", problem: string | null): Promise<void> {
    await this.database.knex.raw(
      `update sync.notices set state = ?, problem = ?, ended_at = clock_timestamp() where id = ? and state = 'waiting'`,
      [state, problem, id],
    );
  }
}
