import type { Knex } from "knex";
import type { PersonAnswer } from "../domain/answers";
import { columnsOf } from "../domain/entities";
import { Failure } from "../domain/errors";
import type { JsonObject } from "../domain/json";

interface IdentityRow {
  readonly id: string | number;
  readonly as_of: string | null;
  readonly roles: PersonAnswer["roles"];
  readonly permissions: PersonAnswer["permissions"];
  readonly organizations: PersonAnswer["organizations"];
}

type UserRow = Readonly<Record<string, unknown>> & {
  readonly id: string | number;
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
    if (user === undefined)
      throw new Failure("USE003", `the mirror of \`${source}\` holds no user with the key \`${key}\``, {
        fix: `read this person now: understudy sync ${source} --user ${key}`,
      });
    await this.#refuseRetired(source, key);
    const identity = await this.knex("mirror.identities").where({ source, key }).first<IdentityRow | undefined>();
    if (identity === undefined && user.tombstoned_at === null)
      throw new Failure("USE005", `\`${source}\` was never read completely, so it answers no questions yet`, {
        fix: `understudy sync ${source}`,
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
      asOf: identity?.as_of ?? null,
    };
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
        fix: `what happened to this person is kept: understudy audit user ${source}/${key}`,
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
