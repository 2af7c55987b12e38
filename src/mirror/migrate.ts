import { isNativeError } from "node:util/types";
import type { Knex } from "knex";
import type { ClientBase } from "pg";
import { Failure } from "../domain/errors";
import type { Database } from "./database";
import { asDatabaseFailure } from "./database-failure";
import { type LandedMigration, type MigrationFile, pendingFiles, readMigrations } from "./migration-files";
import { acrossSources } from "./one-source";
import { giveRights, refuseAllButTheMigrator, takeBackRoles, usesRoles } from "./roles/give-rights";
import { SESSION_SETTINGS } from "./session-settings";

/**
 * The schema's migrations: numbered plain SQL, each run by knex's migrator in one transaction together with its record, so
 * that after a crash a migration is there or it is not.
 *
 *     sync.migrations        knex's: which ran, in which order
 *     sync.migration_files   ours: the checksum of each, written first and marked `finished` last in the same transaction;
 *                            a visible row that is not finished tells of a file that ended the transaction itself
 */
export interface MigrationOptions {
  /** The folder of the numbered files. */
  readonly directory: string;
}

/** Any process may migrate at any time; one does. */
const MIGRATION_LOCK = [0x756e, 3];

/**
 * Brings the schema up to date. Safe to call by several processes at once, and after a crash.
 *
 * @returns the names of the files applied now, and the number of the last landed one ("0000" when there is none)
 * @throws Failure DB008 when the files do not fit the database, DB009 when one of them fails; neither leaves anything behind.
 *   DB013 where roles are in use and have to be given other rights by somebody else
 */
export async function migrate(
  database: Database,
  { directory }: MigrationOptions,
): Promise<{ applied: readonly string[]; version: string }> {
  const files = await readMigrations(directory);
  // Also when who needs the database first asks about one source.
  return acrossSources(() => migrateAll(database, files));
}

function migrateAll(
  database: Database,
  files: readonly MigrationFile[],
): Promise<{ applied: readonly string[]; version: string }> {
  return database.withClient(async (client) => {
    await client.query("SET lock_timeout = 0; SET statement_timeout = 0");
    await client.query("SELECT pg_advisory_lock($1, $2)", MIGRATION_LOCK);
    try {
      const pending = pendingFiles(files, await landedMigrations(client));
      const hasRoles = await usesRoles(client);
      if (hasRoles && pending.length > 0) await refuseAllButTheMigrator(client);
      if (pending.length > 0) await prepare(client);
      for (const file of pending) await apply(database.knex, files, file);
      if (hasRoles) await giveRights(client, { again: pending.length > 0 });
      else await takeBackRoles(client);
      return { applied: pending.map(({ name }) => name), version: files.at(-1)?.name.slice(0, 4) ?? "0000" };
    } finally {
      await client.query("SELECT pg_advisory_unlock($1, $2)", MIGRATION_LOCK);
      await client.query(SESSION_SETTINGS);
    }
  });
}

/** The names of the files that have not landed; changes nothing. Throws as `migrate` does. */
export async function pendingMigrations(
  database: Database,
  { directory }: MigrationOptions,
): Promise<readonly string[]> {
  const files = await readMigrations(directory);
  const landed = await database.withClient(landedMigrations);
  return pendingFiles(files, landed).map(({ name }) => name);
}

async function landedMigrations(client: ClientBase): Promise<readonly LandedMigration[]> {
  const table = await client.query("SELECT to_regclass('sync.migration_files') AS found");
  if (table.rows[0]?.found === null) return [];
  const { rows } = await client.query<LandedMigration>(
    "SELECT name, sha256, finished FROM sync.migration_files ORDER BY name",
  );
  return rows;
}

async function prepare(client: ClientBase): Promise<void> {
  await client.query(`
    CREATE SCHEMA IF NOT EXISTS sync;
    CREATE TABLE IF NOT EXISTS sync.migration_files (name text PRIMARY KEY, sha256 text NOT NULL, finished boolean NOT NULL)`);
}

/** `up` runs one file in one transaction; knex's `latest` would put all of them, or not even their records, into one. */
async function apply(knex: Knex, files: readonly MigrationFile[], file: MigrationFile): Promise<void> {
  const config: Knex.MigratorConfig = {
    schemaName: "sync",
    tableName: "migrations",
    migrationSource: sourceOf(files),
  };
  try {
    // Whoever left knex's own lock behind is dead: we hold the one that ends with its session.
    await knex.migrate.list(config);
    await knex.migrate.forceFreeMigrationsLock(config);
    await knex.migrate.up(config);
  } catch (error) {
    throw asMigrationFailure(error, file);
  }
}

const sourceOf = (files: readonly MigrationFile[]): Knex.MigrationSource<MigrationFile> => ({
  getMigrations: async () => [...files],
  getMigrationName: ({ name }) => name,
  getMigration: async (file) => ({ up: (trx) => run(trx, file), down: refuseDown }),
});

async function run(trx: Knex, { name, sha256, sql }: MigrationFile): Promise<void> {
  // On the connection itself: knex would take the `?` of a jsonb operator for a binding.
  const connection: ClientBase = await trx.client.acquireConnection();
  await connection.query("SET LOCAL statement_timeout = 0");
  await connection.query("INSERT INTO sync.migration_files VALUES ($1, $2, false)", [name, sha256]);
  await connection.query(sql);
  await connection.query("UPDATE sync.migration_files SET finished = true WHERE name = $1", [name]);
}

async function refuseDown(): Promise<void> {
  throw new Error("migrations are not undone; write a new one");
}

function asMigrationFailure(error: unknown, file: MigrationFile): unknown {
  const failure = asDatabaseFailure(error);
  // A table that a file misses is nothing to wait for.
  if ((failure instanceof Failure && failure.code !== "DB014") || !isNativeError(error)) return failure;
  const code = "code" in error ? error.code : undefined;
  return new Failure("DB009", `${placeOf(error, file)}: ${error.message}; nothing of this file was applied`, {
    fix:
      code === "42501"
        ? "let the user in DATABASE_URL create schemas and tables in this database"
        : "use an empty database, or one that only Understudy has written to",
    data: { sqlstate: code },
    cause: error,
  });
}

/** `migrations/NNNN_name.sql:line:column`, where Postgres says at which character it stopped. */
function placeOf(error: Error, { name, sql }: MigrationFile): string {
  const position = "position" in error ? Number(error.position) : Number.NaN;
  if (!(position > 0)) return `migrations/${name}`;
  const before = [...sql]
    .slice(0, position - 1)
    .join("")
    .split("\n");
  return `migrations/${name}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}
