import { isNativeError } from "node:util/types";
import { Failure } from "../../domain/errors";

export const FREE_SPACE = "free some space (about 200 MB are needed to begin with)";

const CAUSES: Readonly<Record<string, { readonly because: string; readonly fix: string }>> = {
  ENOSPC: { because: "the disk is full", fix: FREE_SPACE },
  EDQUOT: { because: "the disk quota is used up", fix: FREE_SPACE },
  EROFS: { because: "the file system is read-only", fix: "work in a folder that can be written to (-C DIR)" },
  EACCES: {
    because: "it belongs to another user",
    fix: "run as the user it belongs to, or work in another folder (-C DIR)",
  },
  EPERM: {
    because: "it belongs to another user",
    fix: "run as the user it belongs to, or work in another folder (-C DIR)",
  },
  ENOENT: {
    because: "there is no such folder, or a link leads nowhere",
    fix: "name an existing folder (-C DIR), correct the link",
  },
  ENOTDIR: { because: "a file is in the way", fix: "remove or rename that file" },
  EEXIST: { because: "a file is in the way", fix: "remove or rename that file" },
};

/** Turns a file system's refusal into a failure with its fix; anything else is returned as it is. */
export function asStorageFailure(error: unknown, where: string): unknown {
  if (!isNativeError(error) || !("code" in error) || typeof error.code !== "string") return error;
  const known = CAUSES[error.code];
  if (known === undefined) return error;
  const path = "path" in error && typeof error.path === "string" ? error.path : where;
  return new Failure("DB006", `the embedded database cannot use ${path}: ${known.because}`, {
    fix: `${known.fix}, or set DATABASE_URL to a PostgreSQL server`,
    data: { errno: error.code },
    cause: error,
  });
}
