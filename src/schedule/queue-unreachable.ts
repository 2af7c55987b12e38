import { Failure } from "../domain/errors";

/** What drivers report, in plain words. */
const REASONS: readonly (readonly [sign: RegExp, reason: string])[] = [
  [/ECONNREFUSED/, "connection refused"],
  [/ENOENT/, "there is no such socket"],
  [/ENOTFOUND|EAI_AGAIN/, "the host name is unknown"],
  [/ETIMEDOUT|timeout/i, "there was no answer in time"],
  [/WRONGPASS|NOAUTH|28P01|28000/, "the user or password was refused"],
  [/57P03/, "it is starting or stopping"],
  [/ECONNRESET|EPIPE|closed|terminat|57P0/i, "the connection was closed"],
  [/^\W*OOM /, "its memory is full"],
  [/READONLY/, "it is a replica, which cannot be written to"],
  [/3D000/, "there is no such database"],
  [/42501/, "the database user lacks a right"],
];

/** Why the queue's store cannot be used, as a driver's error tells it. */
function reasonOf(cause: unknown): string {
  const detail = cause instanceof Error ? `${"code" in cause ? cause.code : ""} ${cause.message}` : String(cause);
  return REASONS.find(([sign]) => sign.test(detail))?.[1] ?? "it did not answer as expected";
}

/**
 * The queue's store cannot be reached or used: exit 8.
 * @param where names the server without user and password
 * @param setting the environment variable to look at
 */
export function queueUnreachable(where: string, setting: string, cause: unknown): Failure {
  return new Failure("DB020", `the queue at ${where} is out of reach: ${reasonOf(cause)}; the mirror stays as it is`, {
    fix: `start it, or correct ${setting}; then run the command again`,
    cause,
  });
}
