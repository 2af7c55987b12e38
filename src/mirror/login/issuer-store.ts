import type { JsonObject } from "../../domain/json";
import type { Database } from "../database";
import { ask, momentOf } from "./statement";

interface RememberedIssuer {
  readonly metadata: JsonObject;
  readonly keys: JsonObject;
  /** Milliseconds since 1970. */
  readonly fetchedAt: number;
}

const LOAD = {
  name: "load issuer",
  text: `select metadata, keys, extract(epoch from fetched_at)::float8 * 1000 as "fetchedAt"
         from login.issuers where source = $1 and issuer = $2`,
};

/** Of two processes that asked at once the later answer stays. */
const SAVE = {
  name: "save issuer",
  text: `
    insert into login.issuers as i (source, issuer, metadata, keys, fetched_at) values ($1, $2, $3, $4, $5::timestamptz)
    on conflict (source, issuer) do update
    set metadata = excluded.metadata, keys = excluded.keys, fetched_at = excluded.fetched_at
    where i.fetched_at < excluded.fetched_at`,
};

/** What OpenID providers said last. */
export class IssuerStore {
  constructor(private readonly database: Database) {}

  async load(source: string, issuer: string): Promise<RememberedIssuer | null> {
    const [found] = await ask<RememberedIssuer & { readonly [name: string]: unknown }>(this.database, LOAD, [
      source,
      issuer,
    ]);
    return found ?? null;
  }

  async save(source: string, issuer: string, { metadata, keys, fetchedAt }: RememberedIssuer): Promise<void> {
    const values = [JSON.stringify(metadata), JSON.stringify(keys), momentOf(fetchedAt)];
    await ask(this.database, SAVE, [source, issuer, ...values]);
  }
}
