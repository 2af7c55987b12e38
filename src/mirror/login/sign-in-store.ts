import { createHash } from "node:crypto";
import type { BegunSignIn } from "../../domain/sign-in";
import type { Database } from "../database";
import { ask } from "./statement";

/** Those never finished go with the next that begin, a few at a time. */
const KEEP = {
  name: "keep sign-in",
  text: `
    with over as (
      delete from login.sign_ins where state in (
        select state from login.sign_ins where expires_at < clock_timestamp() limit 20 for update skip locked))
    insert into login.sign_ins (state, source, nonce, verifier, return_to, app_state, app_challenge, browser, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + interval '10 minutes')`,
};

const TAKE = {
  name: "take sign-in",
  text: `
    delete from login.sign_ins where state = $1
    returning source, nonce, verifier, return_to as "returnTo", app_state as state, app_challenge as challenge, browser,
              expires_at > clock_timestamp() as good`,
};

/** Sign-ins by browser that were begun, for ten minutes. */
export class SignInStore {
  constructor(private readonly database: Database) {}

  async keep(state: string, signIn: BegunSignIn): Promise<void> {
    const { source, nonce, verifier, returnTo, state: own, challenge, browser } = signIn;
    await ask(this.database, KEEP, [digest(state), source, nonce, verifier, returnTo, own, challenge, browser]);
  }

  /** Takes it away, whatever comes of it; null when it is unknown, was taken, or is over. */
  async take(state: string): Promise<BegunSignIn | null> {
    const [found] = await ask<BegunSignIn & { readonly good: boolean }>(this.database, TAKE, [digest(state)]);
    if (found === undefined || !found.good) return null;
    const { good: _, ...signIn } = found;
    return signIn;
  }
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
