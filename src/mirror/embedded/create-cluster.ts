import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Failure } from "../../domain/errors";
import { buildOnce } from "./build-once";
import { causeIn, fixFor } from "./cause-in-output";
import type { ServerPlace } from "./server-place";

/** The role that owns everything in the embedded server, and the name of its database. */
export const EMBEDDED_NAME = "understudy";

/**
 * Makes the data folder, its password and the database `understudy`, unless they are there.
 *
 * @throws Failure DB006 when they cannot be made, DB007 when they are of another major version
 */
export async function createCluster(
  place: ServerPlace,
  { binaries, version, fsync }: { readonly binaries: string; readonly version: string; readonly fsync: boolean },
): Promise<void> {
  await buildOnce(place.cluster, async (draft) => {
    const data = join(draft, "data");
    const passwordFile = join(draft, "password");
    const password = randomBytes(24).toString("hex");
    await writeFile(passwordFile, password, { mode: 0o600 });
    for (const path of place.account ? [draft, passwordFile] : []) {
      await chown(path, place.account?.uid ?? -1, place.account?.gid ?? -1);
    }
    await run(place, join(binaries, "bin", "initdb"), [
      "--pgdata",
      data,
      "--username",
      EMBEDDED_NAME,
      "--pwfile",
      passwordFile,
      "--auth",
      "scram-sha-256",
      // The same order and case rules on every system, and no dependence on the system's own locales.
      ...["--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"],
      "--no-instructions",
      ...(fsync ? [] : ["--no-sync"]),
    ]);
    const single = ["--single", ...(fsync ? [] : ["-F"]), "-D", data, "postgres"];
    const statements = [
      // Rounds are against guessing, and nobody guesses 192 random bits; of every connection they would be the larger part.
      "SET scram_iterations = 1",
      `ALTER ROLE ${EMBEDDED_NAME} PASSWORD '${password}'`,
      `CREATE DATABASE ${EMBEDDED_NAME}`,
    ];
    await run(place, join(binaries, "bin", "postgres"), single, `${statements.join("\n")}\n`);
  });
  const found = (await readFile(join(place.dataDirectory, "PG_VERSION"), "utf8")).trim();
  const [major] = version.split(".");
  if (found !== major) {
    throw new Failure(
      "DB007",
      `the data in ${place.dataDirectory} is of PostgreSQL ${found}; this build brings ${major}`,
      {
        fix: `serve it with a PostgreSQL ${found} of your own and set DATABASE_URL, or move it away to begin anew`,
      },
    );
  }
}

/** Variables such as PGDATA or a translated LC_MESSAGES of the caller must not reach the server. */
export const serverEnvironment = (): NodeJS.ProcessEnv => ({ LC_ALL: "C", TZ: "UTC", PATH: process.env.PATH });

async function run(place: ServerPlace, binary: string, args: readonly string[], input = ""): Promise<void> {
  const child = spawn(binary, args, { cwd: place.directory, env: serverEnvironment(), ...place.account });
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [code, , errors] = await Promise.all([exitOf(child, binary), text(child.stdout), text(child.stderr)]);
  if (code === 0 && !/\b(ERROR|FATAL|PANIC): /.test(errors)) return;
  throw new Failure("DB006", `the embedded database cannot be made in ${place.directory}: ${causeIn(errors)}`, {
    fix: fixFor(errors),
  });
}

const exitOf = (child: ChildProcess, binary: string): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once("close", resolve);
    child.once("error", (error) => {
      reject(
        new Failure("DB006", `${binary} does not run on this system: ${error.message}`, {
          fix: "set DATABASE_URL to a PostgreSQL server",
          cause: error,
        }),
      );
    });
  });
