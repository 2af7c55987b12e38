import type { ClientBase } from "pg";
import type { HandleVerdict, NewSession, Session } from "../../domain/sessions";
import { canSignIn } from "../can-sign-in";
import type { Database } from "../database";
import { ask, askable, type Statement } from "../login/statement";

type Row = Readonly<Record<"renewedAt" | "signedInAt" | "expiresAt" | "now", string>> &
  Omit<Session, "renewedAt" | "signedInAt" | "expiresAt" | "now">;

/** A person who may sign in, of a source that answers questions. */
const MAY_SIGN_IN = `u.tombstoned_at is null and ${canSignIn((name) => `u.${name}`, "clock_timestamp()")}
  and s.first_complete_at is not null and s.retired_at is null`;

const COLUMNS = `l.id, l.handle, l.previous, l.renewed_at as "renewedAt", l.source, l.key, l.basis, l.as_of as "asOf",
  l.signed_in_at as "signedInAt", l.expires_at as "expiresAt", clock_timestamp() as now`;

const GIVES = `id uuid, handle bytea, previous bytea, "renewedAt" timestamptz, source text, key text, basis text, "asOf" timestamptz,
  "signedInAt" timestamptz, "expiresAt" timestamptz, now timestamptz`;

const OPEN = {
  name: "open session",
  text: `
    insert into login.sessions as l (id, family, handle, source, key, api_key, basis, as_of, expires_at, password_changed_at)
    select $1, $2, $3, u.source, u.key, $6, $7, $8, clock_timestamp() + make_interval(secs => $9), u.password_changed_at
    from mirror.users u join sync.sources s on s.source = u.source
    where u.source = $4 and u.key = $5 and ${MAY_SIGN_IN} and u.password_changed_at is not distinct from $10::timestamptz
    returning ${COLUMNS}`,
  takes: "uuid, bytea, bytea, text, text, bigint, text, timestamptz, double precision, timestamptz",
  gives: GIVES,
};

const SELECT = `
  select ${COLUMNS}, k.name as "callerName", coalesce(${MAY_SIGN_IN}, false) and u.password_changed_at is not distinct from l.password_changed_at as "mayHold"
  from login.sessions l
  join login.api_keys k on k.id = l.api_key
  left join mirror.users u on u.source = l.source and u.key = l.key
  left join sync.sources s on s.source = l.source`;
const FOUND = `${GIVES}, "callerName" text, "mayHold" boolean`;
const BY_ID = { name: "session", text: `${SELECT} where l.id = $1`, takes: "uuid", gives: FOUND };
const BY_FAMILY = { name: "session by family", text: `${SELECT} where l.family = $1`, takes: "bytea", gives: FOUND };
const LOCKED = {
  name: "session to judge",
  text: `${SELECT} where l.family = $1 for update of l`,
  takes: "bytea",
  gives: FOUND,
};
const RENEW = {
  name: "renew session",
  text: "update login.sessions set previous = handle, handle = $2, renewed_at = clock_timestamp() where id = $1",
  takes: "uuid, bytea",
  gives: null,
};
const END = {
  name: "end session",
  text: "delete from login.sessions where id = $1 returning true as ended",
  takes: "uuid",
  gives: "ended boolean",
};
/** A share of it, when there is much. */
const SWEEP = {
  name: "sweep sessions",
  text: `
    with codes as (delete from login.sign_in_codes where expires_at < now())
    delete from login.sessions where id in (select id from login.sessions where expires_at < now() limit 10000)`,
  takes: "",
  gives: null,
};

export const SESSION_STATEMENTS = [OPEN, BY_ID, BY_FAMILY, LOCKED, RENEW, END, SWEEP];

/**
 * Who is signed in. A run that records that a person may no longer sign in deletes their sessions in the same
 * transaction. A session that is opened at that very moment does not wait for the run, or a long run would hold up all
 * logins; it counts for nothing from the commit on, and is deleted by the run that lets the person in again.
 */
export class SessionStore {
  constructor(private readonly database: Database) {}

  /** Null when the person may not have one any more, or has another password by now. */
  async open(session: NewSession): Promise<Session | null> {
    const { id, family, handle, source, key, caller, basis, asOf, lifetime, passwordChangedAt } = session;
    const values = [id, family, handle, source, key, caller.id, basis, asOf, lifetime, passwordChangedAt];
    const [row] = await ask<Row>(this.database, OPEN, values);
    return row === undefined ? null : sessionOf({ ...row, callerName: caller.name, mayHold: true });
  }

  /** Judges and changes a session while nobody else does; null when no session is of the family. */
  async judge(family: Buffer, judge: (session: Session) => HandleVerdict): Promise<Session | null> {
    return this.database.transaction(async (client) => {
      const session = await this.#read(client, LOCKED, family);
      if (session === null) return null;
      const decided = judge(session);
      const change = (statement: Statement, values: readonly unknown[]) =>
        client.query({ ...askable(this.database, statement), values: [...values] });
      if (decided.verdict === "end") await change(END, [session.id]);
      if (decided.verdict === "renew") await change(RENEW, [session.id, decided.handle]);
      return session;
    });
  }

  async find(by: { readonly id: string } | { readonly family: Buffer }): Promise<Session | null> {
    return this.database.withClient((client) =>
      "id" in by ? this.#read(client, BY_ID, by.id) : this.#read(client, BY_FAMILY, by.family),
    );
  }

  async end(id: string): Promise<boolean> {
    return (await ask(this.database, END, [id])).length === 1;
  }

  /** Takes away what is over. */
  async sweep(): Promise<void> {
    await ask(this.database, SWEEP, []);
  }

  async #read(client: ClientBase, statement: Statement, value: string | Buffer): Promise<Session | null> {
    const { rows } = await client.query<Row>({ ...askable(this.database, statement), values: [value] });
    return rows[0] === undefined ? null : sessionOf(rows[0]);
  }
}

const sessionOf = (row: Row): Session => ({
  ...row,
  renewedAt: Date.parse(row.renewedAt),
  signedInAt: Date.parse(row.signedInAt),
  expiresAt: Date.parse(row.expiresAt),
  now: Date.parse(row.now),
});
