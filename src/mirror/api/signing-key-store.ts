import type { SigningKeyRow } from "../../domain/sessions";
import type { Database } from "../database";
import { seeSameMirror } from "../same-mirror";

/** Of several processes one makes the next key. */
const KEYS_LOCK = [0x756e, 18];

/** One row also where no key or no mirror is found: what another mirror's database holds is none of this process's. */
const SELECT = `
  select m.id::text as mirror, k.kid, k.public, k.sealed, k.signs_from
  from (values (1)) one
  left join sync.mirror m on true
  left join login.signing_keys k on true
  order by k.signs_from, k.kid`;

type KeyRow = Omit<SigningKeyRow, "signsFrom"> & { readonly signs_from: string };
type Row = { readonly mirror: string | null } & (KeyRow | { readonly kid: null });

/** The keys that sign tokens. What asks for them throws Failure DB014 where the database holds another mirror. */
export class SigningKeyStore {
  constructor(private readonly database: Database) {}

  async list(): Promise<readonly SigningKeyRow[]> {
    const { rows } = await this.database.knex.raw<{ rows: Row[] }>(SELECT);
    return this.#keysOf(rows);
  }

  /** Adds and drops what `decide` says of the keys there are, while nobody else does. @returns the keys there are then */
  async change(
    decide: (
      keys: readonly SigningKeyRow[],
    ) => Promise<{ readonly add: SigningKeyRow | null; readonly drop: readonly string[] }>,
  ): Promise<readonly SigningKeyRow[]> {
    return this.database.transaction(async (client) => {
      await client.query("select pg_advisory_xact_lock($1, $2)", KEYS_LOCK);
      const { add, drop } = await decide(this.#keysOf((await client.query<Row>(SELECT)).rows));
      if (add !== null)
        await client.query(
          "insert into login.signing_keys (kid, public, sealed, signs_from) values ($1, $2, $3, to_timestamp($4 / 1000.0))",
          [add.kid, JSON.stringify(add.public), add.sealed, add.signsFrom],
        );
      if (drop.length > 0) await client.query("delete from login.signing_keys where kid = any ($1)", [drop]);
      return this.#keysOf((await client.query<Row>(SELECT)).rows);
    });
  }

  #keysOf(rows: readonly Row[]): readonly SigningKeyRow[] {
    seeSameMirror(this.database, rows[0]?.mirror ?? null);
    return rows.filter((row) => row.kid !== null).map(keyOf);
  }
}

const keyOf = ({ kid, public: jwk, sealed, signs_from }: KeyRow): SigningKeyRow => ({
  kid,
  public: jwk,
  sealed,
  signsFrom: Date.parse(signs_from),
});
