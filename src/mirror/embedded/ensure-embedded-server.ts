import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../domain/log";
import { createCluster, EMBEDDED_NAME, serverEnvironment } from "./create-cluster";
import { findServerPackage, prepareBinaries } from "./server-binaries";
import { findServerPlace, type ServerPlace } from "./server-place";
import type { KeeperOrder } from "./start-keeper";
import { asStorageFailure } from "./storage-failure";
import { useServer } from "./use-server";

export interface EmbeddedOptions {
  /** The folder worked in; the data lives in its `.understudy/`. */
  readonly home: string;
  /** False gives up durability for speed; only where the data may be lost, that is, in tests. */
  readonly fsync?: boolean;
  /** How long the server stays after its last user, in milliseconds. */
  readonly lingerMs?: number;
  readonly log: Log;
}

/** A running server, in use by this process until `release`. */
export interface EmbeddedServer {
  /** The folder of the server's Unix socket; there is no TCP port. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly dataDir: string;
  /** False when it had to be started. */
  readonly reused: boolean;
  /** Lets the server end, soon after its last user. A process that dies has released. */
  release(): Promise<void>;
}

const PORT = 5432;
const KEEPER_LOCK: [number, number] = [0x756e, 1];
const USERS_LOCK: [number, number] = [0x756e, 2];
/** No socket, nobody listening, starting up, shutting down, shut down while we connected, or no connection to spare. */
const ABSENT = ["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE", "57P01", "57P03", "53300"];

/**
 * Makes sure that the embedded server of `home` runs and is kept while this process uses it: made at the first use, started
 * when it does not run, found when it does. Any number of processes may ask at once.
 *
 * @throws Failure DB006 when it cannot be made or started, DB007 when its data is of another PostgreSQL version
 */
export async function ensureEmbeddedServer(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { home, fsync = true, lingerMs = 3000, log } = options;
  const place = await findServerPlace(home);
  try {
    const server = await findServerPackage();
    const binaries = await prepareBinaries(place, server);
    await createCluster(place, { binaries, version: server.version, fsync });
    const password = await readFile(place.passwordFile, "utf8");
    const order = keeperOrder(place, { binaries, fsync, lingerMs });
    const { reused, release } = await useServer({ place, order, password, log });
    const { host, port, user } = order;
    return { host, port, user, password, database: EMBEDDED_NAME, dataDir: place.dataDirectory, reused, release };
  } catch (error) {
    throw asStorageFailure(error, place.directory);
  }
}

function keeperOrder(
  place: ServerPlace,
  { binaries, fsync, lingerMs }: { binaries: string; fsync: boolean; lingerMs: number },
): KeeperOrder {
  const settings: Readonly<Record<string, string>> = {
    listen_addresses: "",
    unix_socket_directories: place.socketDirectory,
    unix_socket_permissions: "0700",
    max_connections: "100",
    // Nobody replicates from this server, and a smaller log is a faster one.
    wal_level: "minimal",
    max_wal_senders: "0",
    max_logical_replication_workers: "0",
    // The log must not fill the disk, nor repeat values of people's records from failed statements.
    log_min_messages: "log",
    log_min_error_statement: "panic",
    log_checkpoints: "off",
    log_lock_waits: "off",
    ...(fsync ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  return {
    binary: join(binaries, "bin", "postgres"),
    args: ["-D", place.dataDirectory, "-p", String(PORT), ...Object.entries(settings).map(([k, v]) => `--${k}=${v}`)],
    env: serverEnvironment(),
    uid: place.account?.uid ?? null,
    gid: place.account?.gid ?? null,
    dataDirectory: place.dataDirectory,
    passwordFile: place.passwordFile,
    host: place.socketDirectory,
    port: PORT,
    user: EMBEDDED_NAME,
    absent: ABSENT,
    keeperLock: KEEPER_LOCK,
    usersLock: USERS_LOCK,
    lingerMs,
  };
}
