import type { Knex } from "knex";
import type { PoolClient } from "pg";
import type { ApiKey, Caller, CreateKeyRequest, Scope } from "../../domain/api";
import { Failure } from "../../domain/errors";
import type { Database } from "../database";
import { refusePast } from "../login/refuse-past";
import { ask } from "../login/statement";
import { seeSameMirror } from "../same-mirror";
import { writeCommandAudit } from "../write-command-audit";

interface KeyRow {
  readonly id: number;
  readonly name: string;
  readonly sources: readonly string[];
  readonly scopes: readonly Scope[];
  readonly created_at: string;
  readonly created_by: string;
  readonly valid_until: string | null;
  readonly revoked_at: string | null;
  readonly used_at: string | null;
}

type FoundRow = { readonly mirror: string | null } & (
  | (Pick<KeyRow, "id" | "name" | "sources" | "scopes"> & { readonly unseen: boolean })
  | { readonly id: null }
);

/** One row also where no key or no mirror is found: of another mirror's database it says nothing that a key is not in it. */
const FIND = {
  name: "api key",
  text: `
    select m.id::text as mirror, k.id, k.name, k.sources, k.scopes,
           coalesce(k.used_at < now() - interval '1 minute', true) as unseen
    from (values (1)) one
    left join sync.mirror m on true
    left join login.api_keys k on k.hash = $1 and k.revoked_at is null and coalesce(k.valid_until > now(), true)`,
  takes: "bytea",
  gives: "mirror text, id bigint, name text, sources text[], scopes text[], unseen boolean",
};
const SEEN = {
  name: "api key seen",
  text: "update login.api_keys set used_at = now() where id = $1",
  takes: "bigint",
  gives: null,
};

export const API_KEY_STATEMENTS = [FIND, SEEN];

/** Who may call the API. Holds hashes alone. */
export class ApiKeyStore {
  readonly #knex: Knex;

  constructor(private readonly database: Database) {
    this.#knex = database.knex;
  }

  /**
   * The caller whose key has this hash; null for one that is unknown, revoked or over.
   *
   * @throws Failure DB014 where that cannot be said, for the database holds another mirror
   */
  async find(hash: Buffer): Promise<Caller | null> {
    const [found] = await ask<FoundRow>(this.database, FIND, [hash]);
    seeSameMirror(this.database, found?.mirror ?? null);
    if (found === undefined || found.id === null) return null;
    if (found.unseen) await ask(this.database, SEEN, [found.id]);
    const { id, name, sources, scopes } = found;
    return { id, name, sources, scopes };
  }

  /** Those in use, by name; with `all` also those that are over. */
  async list(all: boolean): Promise<readonly ApiKey[]> {
    const query = this.#knex("login.api_keys").orderBy([{ column: "name" }, { column: "id" }]);
    if (!all)
      query.whereNull("revoked_at").where((one) => one.whereNull("valid_until").orWhereRaw("valid_until > now()"));
    return ((await query) as KeyRow[]).map(keyOf);
  }

  /** @throws Failure API001 while another key has the name, USE004 for an end that is past */
  async create({ name, sources, scopes, until, by }: CreateKeyRequest, hash: Buffer): Promise<ApiKey> {
    return this.database.transaction(async (client) => {
      await refusePast(client, until, "the key");
      const { rows } = await client.query<KeyRow>(
        `insert into login.api_keys (name, hash, sources, scopes, valid_until, created_by) values ($1, $2, $3, $4, $5, $6)
         on conflict (name) where revoked_at is null do nothing returning *`,
        [name, hash, sources, scopes, until, by],
      );
      const [row] = rows;
      if (row === undefined)
        throw new Failure("API001", `there is a key named \`${name}\` already`, {
          fix: `choose another name, or end that one first: understudy key revoke ${name}`,
        });
      await audit(client, row, "create", by, { scopes, until });
      return keyOf(row);
    });
  }

  /** @throws Failure API002 when no key in use has the name */
  async revoke(name: string, by: string): Promise<ApiKey> {
    return this.database.transaction(async (client) => {
      const { rows } = await client.query<KeyRow>(
        "update login.api_keys set revoked_at = now(), revoked_by = $2 where name = $1 and revoked_at is null returning *",
        [name, by],
      );
      const [row] = rows;
      if (row === undefined)
        throw new Failure("API002", `no key in use is named \`${name}\``, {
          fix: "see what there is: understudy key list --all",
        });
      await audit(client, row, "tombstone", by, null);
      return keyOf(row);
    });
  }
}

/** One entry for each source: who may read it is asked source by source. */
const audit = (
  client: PoolClient,
  { name, sources }: KeyRow,
  kind: "create" | "tombstone",
  by: string,
  said: object | null,
): Promise<void> =>
  writeCommandAudit(
    client,
    sources.map((source) => ({
      source,
      entity: "api_keys",
      key: name,
      kind,
      new: said,
      cause: "command",
      actor: by,
      reason: null,
    })),
  );

const keyOf = (row: KeyRow): ApiKey => ({
  name: row.name,
  sources: row.sources,
  scopes: row.scopes,
  createdAt: row.created_at,
  createdBy: row.created_by,
  validUntil: row.valid_until,
  revokedAt: row.revoked_at,
  usedAt: row.used_at,
});
