import type { Knex } from "knex";

/** What a code stands for. */
export interface SignInCode {
  readonly source: string;
  readonly key: string;
  /** PKCE (S256) of the application; null when it sent none. */
  readonly challenge: string | null;
}

/** Codes that a browser carries to the application. Holds hashes alone. */
export class SignInCodeStore {
  constructor(private readonly knex: Knex) {}

  /** @param lifetime seconds @returns false when the mirror holds no such person */
  async keep(code: Buffer, { source, key, challenge }: SignInCode, lifetime: number): Promise<boolean> {
    const { rowCount } = await this.knex.raw<{ rowCount: number }>(
      `insert into login.sign_in_codes (code, source, key, challenge, expires_at)
       select ?, u.source, u.key, ?, clock_timestamp() + make_interval(secs => ?)
       from mirror.users u where u.source = ? and u.key = ?`,
      [code, challenge, lifetime, source, key],
    );
    return rowCount === 1;
  }

  /** Whoever brings it first has it; null for one that is unknown, used, over, or of another source. */
  async take(code: Buffer, source: string): Promise<SignInCode | null> {
    const { rows } = await this.knex.raw<{ rows: (SignInCode & { readonly good: boolean })[] }>(
      `delete from login.sign_in_codes where code = ? and source = ?
       returning source, key, challenge, expires_at > clock_timestamp() as good`,
      [code, source],
    );
    const [found] = rows;
    return found?.good === true ? { source: found.source, key: found.key, challenge: found.challenge } : null;
  }
}
