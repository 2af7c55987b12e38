import { createHash } from "node:crypto";
import type { Database } from "../database";
import { ask, momentOf } from "./statement";

/** Those that are over go with the next that come, a few at a time. */
const CLAIM = {
  name: "claim token",
  text: `
    with over as (
      delete from login.used_tokens where (source, token) in (
        select source, token from login.used_tokens where expires_at < clock_timestamp() - interval '1 hour'
        limit 20 for update skip locked))
    insert into login.used_tokens (source, token, expires_at) values ($1, $2, $3::timestamptz)
    on conflict do nothing
    returning true as claimed`,
};

/** The last day that Postgres reads as it is written here; a token may name a later one. */
const LAST_DAY = Date.UTC(9999, 11, 31);

/** Tokens and assertions that are taken once. */
export class UsedTokenStore {
  constructor(private readonly database: Database) {}

  /** True for the first who asks, whatever process it is; forgotten some time after `until`, in milliseconds since 1970. */
  async claim(source: string, id: string, until: number): Promise<boolean> {
    const token = createHash("sha256").update(id).digest();
    return (await ask(this.database, CLAIM, [source, token, momentOf(Math.min(until, LAST_DAY))])).length === 1;
  }
}
