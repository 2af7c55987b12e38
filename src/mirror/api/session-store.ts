import type { ClientBase } from "pg";
import type { HandleVerdict, NewSession, Session } from "../../domain/sessions";
import type { Database } from "../database";

type Row = Readonly<Record<"renewedAt" | "signedInAt" | "expiresAt" | "now", string>> &
  Omit<Session, "renewedAt" | "signedInAt" | "expiresAt" | "now">;

/** A person who may sign in, of a source that answers questions. */
const MAY_SIGN_IN = `u.tombstoned_at is null and u.status = 'active'
  and coalesce(u.valid_from <= clock_timestamp(), true) and coalesce(u.valid_until > clock_timestamp(), true)
  and s.first_complete_at is not null and s.retired_at is null`;

const SELECT = `
  select l.id, l.handle, l.previous, l.renewed_at as "renewedAt", l.source, l.key, l.basis, l.as_of as "asOf",
         l.signed_in_at as "signedInAt", l.expires_at as "expiresAt", k.name as "callerName",
         coalesce(${MAY_SIGN_IN}, false) as "mayHold", clock_timestamp() as now
  from login.sessions l
  join login.api_keys k on k.id = l.api_key
  left join mirror.users u on u.source = l.source and u.key = l.key
  left join sync.sources s on s.source = l.source`;

/** Who is signed in. A run that records that somebody may not be any more deletes their sessions as it does so. */
export class SessionStore {
  constructor(private readonly database: Database) {}

  /**
   * Null when the person may not have one any more. Whoever is being changed by a run at this moment is waited for: a session
   * must not slip in between the change and its commit.
   */
  async open({ id, family, handle, source, key, caller, basis, asOf, lifetime }: NewSession): Promise<Session | null> {
    return this.database.transaction(async (client) => {
      await client.query(
        `insert into login.sessions (id, family, handle, source, key, api_key, basis, as_of, expires_at)
         select $1, $2, $3, u.source, u.key, $6, $7, $8, clock_timestamp() + make_interval(secs => $9)
         from mirror.users u join sync.sources s on s.source = u.source
         where u.source = $4 and u.key = $5 and ${MAY_SIGN_IN}
         for share of u`,
        [id, family, handle, source, key, caller.id, basis, asOf, lifetime],
      );
      return read(client, "l.id = $1", id);
    });
  }

  /** Judges and changes a session while nobody else does; null when no session is of the family. */
  async judge(family: Buffer, judge: (session: Session) => HandleVerdict): Promise<Session | null> {
    return this.database.transaction(async (client) => {
      const session = await read(client, "l.family = $1 for update of l", family);
      if (session === null) return null;
      const decided = judge(session);
      if (decided.verdict === "end") await client.query("delete from login.sessions where id = $1", [session.id]);
      if (decided.verdict === "renew")
        await client.query(
          "update login.sessions set previous = handle, handle = $2, renewed_at = clock_timestamp() where id = $1",
          [session.id, decided.handle],
        );
      return session;
    });
  }

  async find(by: { readonly id: string } | { readonly family: Buffer }): Promise<Session | null> {
    return this.database.withClient((client) =>
      "id" in by ? read(client, "l.id = $1", by.id) : read(client, "l.family = $1", by.family),
    );
  }

  async end(id: string): Promise<boolean> {
    const { rowCount } = await this.database.withClient((client) =>
      client.query("delete from login.sessions where id = $1", [id]),
    );
    return rowCount === 1;
  }

  /** Takes away what is over; a share of it, when there is much. */
  async sweep(): Promise<void> {
    await this.database.withClient(async (client) => {
      await client.query(
        `delete from login.sessions where id in (select id from login.sessions where expires_at < now() limit 10000)`,
      );
      await client.query("delete from login.sign_in_codes where expires_at < now()");
    });
  }
}

async function read(client: ClientBase, where: string, value: string | Buffer): Promise<Session | null> {
  const { rows } = await client.query<Row>(`${SELECT} where ${where}`, [value]);
  const [row] = rows;
  return row === undefined
    ? null
    : {
        ...row,
        renewedAt: Date.parse(row.renewedAt),
        signedInAt: Date.parse(row.signedInAt),
        expiresAt: Date.parse(row.expiresAt),
        now: Date.parse(row.now),
      };
}
