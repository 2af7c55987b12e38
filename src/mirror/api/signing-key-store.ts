import type { SigningKeyRow } from "../../domain/sessions";
import type { Database } from "../database";

/** Of several processes one makes the next key. */
const KEYS_LOCK = [0x756e, 18];

const SELECT = "select kid, public, sealed, signs_from from login.signing_keys order by signs_from, kid";

type Row = Omit<SigningKeyRow, "signsFrom"> & { readonly signs_from: string };

/** The keys that sign tokens. */
export class SigningKeyStore {
  constructor(private readonly database: Database) {}

  async list(): Promise<readonly SigningKeyRow[]> {
    const { rows } = await this.database.knex.raw<{ rows: Row[] }>(SELECT);
    return rows.map(keyOf);
  }

  /** Adds and drops what `decide` says of the keys there are, while nobody else does. @returns the keys there are then */
  async change(
    decide: (
      keys: readonly SigningKeyRow[],
    ) => Promise<{ readonly add: SigningKeyRow | null; readonly drop: readonly string[] }>,
  ): Promise<readonly SigningKeyRow[]> {
    return this.database.transaction(async (client) => {
      await client.query("select pg_advisory_xact_lock($1, $2)", KEYS_LOCK);
      const { add, drop } = await decide((await client.query<Row>(SELECT)).rows.map(keyOf));
      if (add !== null)
        await client.query(
          "insert into login.signing_keys (kid, public, sealed, signs_from) values ($1, $2, $3, to_timestamp($4 / 1000.0))",
          [add.kid, JSON.stringify(add.public), add.sealed, add.signsFrom],
        );
      if (drop.length > 0) await client.query("delete from login.signing_keys where kid = any ($1)", [drop]);
      return (await client.query<Row>(SELECT)).rows.map(keyOf);
    });
  }
}

const keyOf = ({ signs_from, ...key }: Row): SigningKeyRow => ({ ...key, signsFrom: Date.parse(signs_from) });
