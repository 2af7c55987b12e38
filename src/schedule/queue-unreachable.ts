import { Failure } from "../domain/errors";

/** What drivers report, in plain words. */
const REASONS: readonly (readonly [sign: RegExp, reason: string])[] = [
  [/ECONNREFUSED|ENOENT/, "nobody listens there"],
  [/ENOTFOUND|EAI_AGAIN/, "the host name is unknown"],
  [/ETIMEDOUT|timeout/i, "there was no answer in time"],
  [/WRONGPASS|NOAUTH|28P01|28000/, "the user or password was refused"],
  [/ECONNRESET|EPIPE|closed/i, "the connection was closed"],
  [/3D000/, "there is no such database"],
  [/42501/, "the database user lacks a right"],
];

/**
 * The queue's store cannot be reached or used: exit 8.
 * @param where names the server without user and password
 * @param setting the environment variable to look at
 */
export function queueUnreachable(where: string, setting: string, cause: unknown): Failure {
  const detail = cause instanceof Error ? `${"code" in cause ? cause.code : ""} ${cause.message}` : String(cause);
  const reason = REASONS.find(([sign]) => sign.test(detail))?.[1] ?? "it did not answer as expected";
  return new Failure("DB020", `the queue at ${where} is out of reach: ${reason}; the mirror stays as it is`, {
    fix: `start it, or correct ${setting}; then run the command again`,
    cause,
  });
}
