import type { Database } from "../database";
import { ask } from "../login/statement";

/** What a code stands for. */
export interface SignInCode {
  readonly source: string;
  readonly key: string;
  /** PKCE (S256) of the application; null when it sent none. */
  readonly challenge: string | null;
}

const KEEP = {
  name: "keep sign-in code",
  text: `
    insert into login.sign_in_codes (code, source, key, challenge, expires_at)
    select $1, u.source, u.key, $4, clock_timestamp() + make_interval(secs => $5)
    from mirror.users u where u.source = $2 and u.key = $3
    returning true as kept`,
  takes: "bytea, text, text, text, double precision",
  gives: "kept boolean",
};

const TAKE = {
  name: "take sign-in code",
  text: `
    delete from login.sign_in_codes where code = $1 and source = $2
    returning source, key, challenge, expires_at > clock_timestamp() as good`,
  takes: "bytea, text",
  gives: "source text, key text, challenge text, good boolean",
};

export const SIGN_IN_CODE_STATEMENTS = [KEEP, TAKE];

/** Codes that a browser carries to the application. Holds hashes alone. */
export class SignInCodeStore {
  constructor(private readonly database: Database) {}

  /** @param lifetime seconds @returns false when the mirror holds no such person */
  async keep(code: Buffer, { source, key, challenge }: SignInCode, lifetime: number): Promise<boolean> {
    return (await ask(this.database, KEEP, [code, source, key, challenge, lifetime])).length === 1;
  }

  /** The first to bring it has it; null for one that is unknown, used, over, or of another source. */
  async take(code: Buffer, source: string): Promise<SignInCode | null> {
    const [found] = await ask<SignInCode & { readonly good: boolean }>(this.database, TAKE, [code, source]);
    return found?.good === true ? { source: found.source, key: found.key, challenge: found.challenge } : null;
  }
}
