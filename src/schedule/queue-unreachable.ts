import { Failure } from "../domain/errors";

const TRUST =
  "name the authority in NODE_EXTRA_CA_CERTS of the process's own environment, not of `.env`; then run the command again";

/** What drivers report, in plain words, and what to do where that is not the usual. */
const REASONS: readonly (readonly [sign: RegExp, reason: string, fix?: string])[] = [
  [/ECONNREFUSED/, "connection refused"],
  [/ENOENT/, "there is no such socket"],
  [/ENOTFOUND|EAI_AGAIN/, "the host name is unknown"],
  [/ETIMEDOUT|timeout/i, "there was no answer in time"],
  [/WRONGPASS|NOAUTH|28P01|28000/, "the user or password was refused"],
  [/57P03/, "it is starting or stopping"],
  [/ERR_TLS_CERT_ALTNAME_INVALID/, "its certificate is for another name"],
  [/CERT_HAS_EXPIRED/, "its certificate has expired"],
  [/SELF_SIGNED_CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/, "its certificate is not trusted", TRUST],
  [/53300/, "it has no connection to spare"],
  [/53100/, "its disk is full", "free some space on its disk; then run the command again"],
  [/25006/, "it is read-only"],
  [/DB index is out of range/, "it has no database of that number"],
  [/NOPERM/, "the user lacks a right"],
  [/ECONNRESET|EPIPE|closed|terminat|57P0/i, "the connection was closed"],
  [/^\W*OOM /, "its memory is full"],
  [/READONLY/, "it is a replica, which cannot be written to"],
  [/3D000/, "there is no such database"],
];

/** Why the queue's store cannot be used, as a driver's error tells it. */
function reasonOf(cause: unknown): { readonly reason: string; readonly fix: string | undefined } {
  const detail = cause instanceof Error ? `${"code" in cause ? cause.code : ""} ${cause.message}` : String(cause);
  const [, reason = "it did not answer as expected", fix] = REASONS.find(([sign]) => sign.test(detail)) ?? [];
  return { reason, fix };
}

/**
 * The queue's store cannot be reached or used: exit 8. A right that is missing does not come by waiting.
 * @param where names the server without user and password
 * @param setting the environment variable to look at; null for the embedded database, which none leads to
 */
export function queueUnreachable(where: string, setting: string | null, cause: unknown): Failure {
  if (cause instanceof Error && "code" in cause && cause.code === "42501")
    return new Failure("DB012", `the queue at ${where}: its role may not use it; the mirror stays as it is`, {
      fix: "run `understudy migrate` as the migrator, and this with a login of the writer's: see docs/how-to/separate-database-roles.md",
      cause,
    });
  const usual =
    setting === null
      ? "run the command again: it starts the database, or says why that does not start"
      : `start it, or correct ${setting}; then run the command again`;
  const { reason, fix = usual } = reasonOf(cause);
  return new Failure("DB020", `the queue at ${where} is out of reach: ${reason}; the mirror stays as it is`, {
    fix,
    cause,
  });
}
