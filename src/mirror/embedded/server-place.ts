import { createHash, randomBytes } from "node:crypto";
import { chmod, chown, link, mkdir, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../domain/errors";
import { giveCluster } from "./give-cluster";
import { mayEnter, ownerOf, type ServerAccount, unprivilegedAccount } from "./server-account";
import { asStorageFailure } from "./storage-failure";

/**
 * Where a folder's embedded server lives.
 *
 *     .understudy/postgres/        usually here; under /var/lib/understudy/<id>/ when root works in a folder closed to the
 *       cluster/data/              account the server runs as. `.understudy/postgres.path` then says where.
 *       cluster/password           made together with the data, mode 0600
 *       runtime-<version>/         a copy of the binaries, only when those in node_modules cannot be used in place
 *       server.log
 *       home                       the folder this place belongs to, only when it lives elsewhere
 */
export interface ServerPlace {
  readonly directory: string;
  readonly cluster: string;
  readonly dataDirectory: string;
  readonly passwordFile: string;
  readonly logFile: string;
  /** Short, for the path of a socket has at most 107 bytes; the same for every process that uses this data. */
  readonly socketDirectory: string;
  readonly account: ServerAccount | null;
}

const STATE_DIRECTORY = "/var/lib/understudy";

/**
 * Finds the place of `home`'s server and makes its folder.
 *
 * @throws Failure DB006 when no place can be had
 */
export async function findServerPlace(home: string): Promise<ServerPlace> {
  if (process.getuid === undefined) {
    throw new Failure("DB006", "the embedded database does not run on this system", {
      fix: "set DATABASE_URL to a PostgreSQL server",
    });
  }
  try {
    const folder = join(await realpath(home), ".understudy");
    await makeFolder(folder);
    return process.getuid() === 0 ? await placeForRoot(folder) : await openPlace(join(folder, "postgres"), null);
  } catch (error) {
    throw asStorageFailure(error, home);
  }
}

/** In a folder that is there. Asked for a whole path, Node says of a read-only file system that the folder is missing. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if ((await stat(folder).catch(() => null))?.isDirectory() !== true) throw error;
  }
}

async function placeForRoot(folder: string): Promise<ServerPlace> {
  const local = join(folder, "postgres");
  const pointer = join(folder, "postgres.path");
  const elsewhere = await followPointer(pointer, folder);
  const directory = elsewhere ?? local;

  // Data made earlier by an ordinary user stays that user's, also when root comes by.
  const owner = await ownerOf(directory, "cluster");
  const account = owner !== null && owner.uid !== 0 ? owner : await unprivilegedAccount();
  if (account === null) {
    throw new Failure(
      "DB006",
      "PostgreSQL refuses to run as root, and this system has no `postgres` or `nobody` account",
      {
        fix: "run as an ordinary user, or set DATABASE_URL to a PostgreSQL server",
      },
    );
  }
  // Only what we made ourselves is opened: a umask of 077 must not close it to the server's account.
  if ((await ownerOf(folder))?.uid === 0) await chmod(folder, 0o755);
  if (elsewhere !== null || (await mayEnter(account, folder))) {
    if (owner !== null) await giveCluster(join(directory, "cluster"), account);
    return openPlace(directory, account);
  }
  if (owner !== null) {
    throw new Failure("DB006", `the embedded database in ${local} is closed to the account it must run as`, {
      fix: `open the folders above it (chmod a+x), or set DATABASE_URL to a PostgreSQL server`,
    });
  }
  return openPlace(await settleElsewhere(pointer, folder), account);
}

/** The place a pointer names, or null. A moved folder keeps its data; a copied one must not share its original's. */
async function followPointer(pointer: string, folder: string): Promise<string | null> {
  const directory = await read(pointer);
  if (directory === null) return null;
  const belongsTo = await read(join(directory, "home"));
  if (belongsTo === folder) return directory;
  if (belongsTo === null || (await read(join(belongsTo, "postgres.path"))) === directory) {
    await rm(pointer, { force: true });
    return null;
  }
  await writeFile(join(directory, "home"), folder);
  return directory;
}

/** Of several processes that settle at once, the first to link its pointer decides. */
async function settleElsewhere(pointer: string, folder: string): Promise<string> {
  const id = randomBytes(6).toString("hex");
  const directory = join(STATE_DIRECTORY, id);
  await mkdir(directory, { recursive: true });
  await chmod(STATE_DIRECTORY, 0o755);
  await writeFile(join(directory, "home"), folder);
  const draft = `${pointer}.${id}`;
  await writeFile(draft, directory);
  try {
    await link(draft, pointer);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    const decided = await read(pointer);
    if (decided === null) throw error;
    return decided;
  } finally {
    await rm(draft, { force: true });
  }
  return directory;
}

async function openPlace(directory: string, account: ServerAccount | null): Promise<ServerPlace> {
  await makeFolder(directory);
  await chmod(directory, 0o700);
  if (account !== null) await chown(directory, account.uid, account.gid);
  const cluster = join(directory, "cluster");
  const id = createHash("sha256")
    .update(await realpath(directory))
    .digest("hex")
    .slice(0, 12);
  return {
    directory,
    cluster,
    dataDirectory: join(cluster, "data"),
    passwordFile: join(cluster, "password"),
    logFile: join(directory, "server.log"),
    socketDirectory: `/tmp/understudy-${id}`,
    account,
  };
}

const read = (file: string): Promise<string | null> => readFile(file, "utf8").catch(() => null);
