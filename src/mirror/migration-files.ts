import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../domain/errors";

export interface MigrationFile {
  /** `NNNN_name.sql`. */
  readonly name: string;
  readonly number: number;
  readonly sql: string;
  /** Of the SQL; line endings do not count, for a checkout may turn them. */
  readonly sha256: string;
}

/** A migration as the database remembers it. */
export interface LandedMigration {
  readonly name: string;
  readonly sha256: string;
  readonly finished: boolean;
}

/**
 * Reads the numbered SQL files of a folder, in order.
 *
 * @throws Failure DB008 when a name has no number, or numbers repeat or leave a gap
 */
export async function readMigrations(directory: string): Promise<readonly MigrationFile[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const number = numberOf(name);
      if (number !== index + 1) {
        const why = Number.isNaN(number)
          ? "its name does not begin with a number of four digits"
          : `the number expected there is ${String(index + 1).padStart(4, "0")}: ${number > index ? "a file is missing" : "the number is taken"}`;
        throw mismatch(`migrations/${name}: ${why}`, "restore the migrations of this build (git checkout migrations)");
      }
      const sql = (await readFile(join(directory, name), "utf8")).replaceAll("\r\n", "\n");
      return { name, number, sql, sha256: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}

/**
 * Compares the files with what the database remembers.
 *
 * @returns the files that have not landed yet, in order
 * @throws Failure DB008 when a landed file was edited or is missing, one is half done, or the database is ahead of this build
 */
export function pendingFiles(
  files: readonly MigrationFile[],
  landed: readonly LandedMigration[],
): readonly MigrationFile[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  for (const { name, sha256, finished } of landed) {
    const file = byName.get(name);
    if (!finished) {
      throw mismatch(
        `migrations/${name} is half done: it ended its own transaction and then failed`,
        "restore the database from a backup, and take COMMIT and ROLLBACK out of that file",
      );
    }
    if (file === undefined) {
      throw numberOf(name) > files.length
        ? mismatch(`the database was migrated by a newer build: it has ${name}`, "update this installation")
        : mismatch(`migrations/${name} is missing, but the database has it`, "restore that file");
    }
    if (file.sha256 !== sha256) {
      throw mismatch(`migrations/${name} was edited after it landed`, "restore that file and write a new migration");
    }
  }
  const names = new Set(landed.map(({ name }) => name));
  const pending = files.filter(({ name }) => !names.has(name));
  const late = pending.find(({ number }) => number <= landed.length);
  if (late)
    throw mismatch(`migrations/${late.name} comes before migrations that landed`, "give it the next free number");
  return pending;
}

const numberOf = (name: string): number => Number(/^(\d{4})_/.exec(name)?.[1] ?? Number.NaN);

const mismatch = (message: string, fix: string): Failure =>
  new Failure("DB008", `${message}; nothing was changed`, { fix });
