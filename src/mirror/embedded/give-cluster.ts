import { lchown, lstat, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../domain/errors";
import type { ServerAccount } from "./server-account";

/**
 * What root copied is root's, and the server, which never runs as root, could not read it: root gives it to the server's account.
 * Only where the whole of it is root's to give; in a folder of an ordinary user anything may have been put in its place.
 *
 * @param folder an existing one, that holds `data`
 * @throws Failure DB006 when a part of it belongs to somebody else
 */
export async function giveCluster(folder: string, account: ServerAccount): Promise<void> {
  const cluster = await realpath(folder);
  const { uid, gid } = await lstat(cluster);
  if (uid !== 0) return refuseOwners(cluster, ["data"], { may: [uid], to: () => ({ uid, gid }) });

  const entries = await readdir(cluster, { recursive: true });
  await refuseOwners(cluster, entries, { may: [0, account.uid], to: (owner) => owner });
  // The folder itself comes last: when this is cut short, the next command does it again.
  for (const entry of [...entries, ""]) await lchown(join(cluster, entry), account.uid, account.gid);
}

interface Terms {
  readonly may: readonly number[];
  /** To whom it is best given, by whom else a part of it belongs to. */
  readonly to: (owner: ServerAccount) => ServerAccount;
}

async function refuseOwners(cluster: string, entries: readonly string[], { may, to }: Terms): Promise<void> {
  for (const entry of entries) {
    const path = join(cluster, entry);
    const owner = await lstat(path);
    if (may.includes(owner.uid)) continue;
    const { uid, gid } = to(owner);
    throw new Failure(
      "DB006",
      `the embedded database in ${cluster} belongs to more than one user, and its server can read the files of one alone: ${path} is of user ${owner.uid}`,
      { fix: `give all of it to one: chown -R ${uid}:${gid} ${cluster}; or set DATABASE_URL to a PostgreSQL server` },
    );
  }
}
