import type { Knex } from "knex";
import type { PersonAnswer } from "../domain/answers";
import { columnsOf } from "../domain/entities";
import { Failure } from "../domain/errors";
import type { JsonObject } from "../domain/json";
import { quoted } from "../domain/quoted";

interface IdentityRow {
  readonly id: number;
  readonly as_of: string | null;
  readonly roles: PersonAnswer["roles"];
  readonly permissions: PersonAnswer["permissions"];
  readonly organizations: PersonAnswer["organizations"];
}

type UserRow = Readonly<Record<string, unknown>> & {
  readonly id: number;
  readonly username: string;
  readonly status: string;
  readonly tombstoned_at: string | null;
  readonly attributes: JsonObject;
};

const COLUMNS = columnsOf("users").map((field) => field.name);

/** Answers who a person is, what they may do and where they belong, from the view `mirror.identities`. */
export class IdentityStore {
  constructor(private readonly knex: Knex) {}

  /** @throws Failure USE003 for a key the mirror never held, USE005 while the source answers no questions */
  async person(source: string, key: string): Promise<PersonAnswer> {
    const user = await this.knex("mirror.users").where({ source, key }).first<UserRow | undefined>();
    if (user === undefined) throw await this.#unknown(source, key);
    await this.#refuseRetired(source, key);
    const identity = await this.knex("mirror.identities").where({ source, key }).first<IdentityRow | undefined>();
    if (identity === undefined && user.tombstoned_at === null)
      throw new Failure("USE005", `\`${source}\` was never read completely, so it answers no questions yet`, {
        fix: `read it: understudy sync ${source}`,
      });
    return {
      source,
      key,
      id: String(user.id),
      username: user.username,
      status: user.status,
      tombstonedAt: user.tombstoned_at,
      values: presentValues(user),
      attributes: user.attributes,
      roles: identity?.roles ?? [],
      permissions: identity?.permissions ?? [],
      organizations: identity?.organizations ?? [],
      asOf: identity === undefined ? await this.#lastComplete(source) : identity.as_of,
    };
  }

  async #lastComplete(source: string): Promise<string | null> {
    const found = await this.knex("sync.sources")
      .where({ source })
      .first<{ last_complete_at: string | null } | undefined>("last_complete_at");
    return found?.last_complete_at ?? null;
  }

  /** Nobody has the key: because it was renamed, because the record was rejected, or for no reason known here. */
  async #unknown(source: string, key: string): Promise<Failure> {
    const message = `the mirror of \`${source}\` holds no user with the key \`${key}\``;
    const person = { source, entity: "users" };
    const renamed = await this.knex("sync.rekeys")
      .where({ ...person, old_key: key })
      .orderBy("at", "desc")
      .first<{ new_key: string; run: number } | undefined>("new_key", "run");
    if (renamed !== undefined)
      return new Failure("USE003", `${message}: run ${renamed.run} renamed it to \`${renamed.new_key}\``, {
        fix: `see them: understudy show ${quoted(`user:${source}/${renamed.new_key}`)}`,
      });
    const rejected = await this.knex("sync.rejects")
      .where({ ...person, key, healed_at: null })
      .first<{ stream: string; code: string; reason: string; last_run: number } | undefined>();
    if (rejected !== undefined)
      return new Failure("USE003", `${message}: run ${rejected.last_run} rejected the record, ${rejected.reason}`, {
        fix: `see why: understudy explain ${rejected.code}; what the mapping makes of it: understudy mapping try ${source}/${rejected.stream} --key ${quoted(key)}`,
      });
    return new Failure("USE003", message, {
      fix: `read this person now: understudy sync ${source} --user ${quoted(key)}`,
    });
  }

  async #refuseRetired(source: string, key: string): Promise<void> {
    const retired = await this.knex("sync.sources")
      .where({ source })
      .whereNotNull("retired_at")
      .first<{ retired_at: string } | undefined>("retired_at");
    if (retired === undefined) return;
    throw new Failure(
      "USE005",
      `\`${source}\` was retired at ${retired.retired_at}, so it answers no questions any more`,
      {
        fix: `what happened to this person is kept: understudy audit user ${quoted(`${source}/${key}`)}`,
      },
    );
  }
}

function presentValues(user: UserRow): JsonObject {
  const values: Record<string, string | boolean> = {};
  for (const column of COLUMNS) {
    const value = user[column];
    if (typeof value === "string" || typeof value === "boolean") values[column] = value;
  }
  return values;
}
