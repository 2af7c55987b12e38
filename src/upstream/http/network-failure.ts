import { getSystemErrorMap } from "node:util";
import { Failure } from "../../domain/errors";
import { ConnectError } from "./connect-error";
import { duration } from "./duration";
import type { Limits } from "./limits";

const OUT_OF_REACH: Readonly<Record<string, string>> = {
  ENOTFOUND: "could not be reached: its host name is unknown (DNS)",
  EAI_AGAIN: "could not be reached: the name service (DNS) does not answer",
  ECONNREFUSED: "could not be reached: the connection was refused",
  ECONNRESET: "broke the connection off",
  EPIPE: "broke the connection off",
  UND_ERR_SOCKET: "broke the connection off",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "broke the answer off",
  EHOSTUNREACH: "could not be reached: there is no way to its host",
  ENETUNREACH: "could not be reached: there is no way to its network",
};

const REACH_FIX = "check `baseUrl` and the network, or wait until the customer's system is back";
const TIME_FIX = "try again later; if it is always this slow, ask for smaller pages";

/** So many characters of what Node says: a certificate may name hundreds of hosts. */
const LONGEST_SENTENCE = 200;

interface Asked {
  /** The address, as people may see it. */
  readonly shown: string;
  readonly limits: Limits;
  /** The variable that names a proxy for it, for somebody may think that it is used; null where none does. */
  readonly proxy: string | null;
}

/**
 * Tells a connection's trouble in plain words: out of reach (UPS001), too slow (UPS002), a bad certificate (UPS007), a request
 * that cannot be sent (UPS010), or headers over the limit (UPS012). All trouble of connecting is one of these; of later trouble
 * anything not known to be the network's doing is returned as it is.
 */
export const networkFailure = (error: unknown, { shown, limits, proxy }: Asked): unknown => {
  if (error instanceof Failure) return error;
  const trouble = error instanceof ConnectError ? error.cause : error;
  const code = codeOf(trouble) ?? (isParserTrouble(trouble) ? "HPE" : null);
  const fail = (kind: "UPS001" | "UPS002" | "UPS007" | "UPS010" | "UPS012", message: string, fix: string): Failure =>
    new Failure(kind, `${shown} ${message}`, { fix, data: code === null ? {} : { cause: code }, cause: trouble });
  const reachFix =
    proxy === null ? REACH_FIX : `${proxy} is set, and is not used: connections are direct; ${REACH_FIX}`;

  if (code === null) return error instanceof ConnectError ? fail("UPS001", "could not be reached", reachFix) : error;
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT")
    return fail("UPS002", `could not be connected to within ${duration(limits.connect)}`, reachFix);
  if (code === "UND_ERR_HEADERS_TIMEOUT")
    return fail("UPS002", `did not begin to answer within ${duration(limits.headers)}`, TIME_FIX);
  if (code === "UND_ERR_BODY_TIMEOUT")
    return fail("UPS002", `stopped in the middle of its answer for ${duration(limits.idle)}`, TIME_FIX);
  if (code === "UND_ERR_INVALID_ARG")
    return fail(
      "UPS010",
      "was not asked: a header of the request holds characters that cannot be sent",
      "check `auth` and `http.headers`; a secret read from a file often ends in a line break",
    );
  if (isOfTls(code) || (error instanceof ConnectError && isOfCertificate(code)))
    return fail(
      "UPS007",
      `has a TLS certificate that cannot be trusted, or speaks no TLS (${[code, ...sentenceOf(trouble)].join(": ")})`,
      "have the certificate repaired, or name its authority in NODE_EXTRA_CA_CERTS; check `http` or `https` in `baseUrl`",
    );
  if (code === "UND_ERR_HEADERS_OVERFLOW")
    return fail(
      "UPS012",
      "answered with more than 16 KiB of headers",
      "ask the upstream's people which of them grows so",
    );
  if (NO_HTTP.test(code))
    return fail(
      "UPS001",
      `answered with something that is not HTTP (${code})`,
      "check the port, and `http` or `https`, in `baseUrl`",
    );
  const odd = code === "UND_ERR_SOCKET" ? oddStatus(trouble) : null;
  if (odd !== null)
    return new Failure("UPS001", `${shown} ${odd.message}`, {
      fix: odd.fix,
      data: { cause: odd.cause },
      cause: trouble,
    });
  if (Object.hasOwn(OUT_OF_REACH, code)) return fail("UPS001", String(OUT_OF_REACH[code]), reachFix);
  return error instanceof ConnectError || isOfSystem(code)
    ? fail("UPS001", `could not be reached (${code})`, reachFix)
    : error;
};

/** The code of a system's or a library's error. */
export const codeOf = (error: unknown): string | null =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : null;

/** undici gives most of what its HTTP parser stumbles over a code, but not a first line in another protocol. */
const isParserTrouble = (error: unknown): boolean => error instanceof Error && error.name === "HTTPParserError";

/** Of undici's parser, and of the assertions with which it ends what its parser lets through, such as status 099. */
const NO_HTTP = /^(HPE|ERR_ASSERTION$)/;

/** Statuses over which undici ends the connection, as if the other side had. It gives neither a code, so each has a cause of ours. */
const ODD_STATUSES = [
  // Anybody may be sent it (RFC 9110, 15.2); undici has no way to read on behind it.
  {
    said: "bad response",
    cause: "INTERIM_STATUS",
    message: "sent an interim status 100 before its answer, which this client cannot read",
    fix: "whatever stands in front of it must send it only to who asks for it (`Expect: 100-continue`)",
  },
  {
    said: "bad upgrade",
    cause: "UNASKED_STATUS",
    message: "broke a rule of HTTP: it answered with status 101, which nobody asked for",
    fix: "ask the upstream's people: what answers there, or stands in front of it, needs mending (RFC 9110, 7.8)",
  },
] as const;

const oddStatus = (trouble: unknown): (typeof ODD_STATUSES)[number] | null => {
  const { message } = trouble as { readonly message?: unknown };
  return ODD_STATUSES.find(({ said }) => said === message) ?? null;
};

const isOdd = ({ data }: Failure): boolean => ODD_STATUSES.some(({ cause }) => cause === data.cause);

/** Something answered, in another protocol: a failure of this kind does not show that nobody is there. */
export const isNoHttp = (failure: Failure): boolean =>
  NO_HTTP.test(String(failure.data.cause)) || failure.data.cause === "UND_ERR_HEADERS_OVERFLOW" || isOdd(failure);

/** Nothing of a moment: a name that does not exist is a mistake in the job, and whoever sends such a status goes on doing so. */
export const isLasting = (failure: Failure): boolean => failure.data.cause === "ENOTFOUND" || isOdd(failure);

/** Of the handshake, whenever it shows: TLS 1.3 refuses us only after we were connected. */
const isOfTls = (code: string): boolean => /^(ERR_(TLS|SSL|OSSL)_|EPROTO$)/.test(code);

const SYSTEM_CODES: ReadonlySet<string> = new Set(Array.from(getSystemErrorMap().values(), ([name]) => name));

/** `ENOTFOUND` is Node's own word for what the system says of a name. */
const isOfSystem = (code: string): boolean => SYSTEM_CODES.has(code) || code === "ENOTFOUND";

/**
 * Of what can end connecting, only OpenSSL's verdicts on a certificate are neither the system's nor the libraries' codes. There are
 * dozens, more with each version, and for some Node has no word but `UNSPECIFIED`.
 */
const isOfCertificate = (code: string): boolean => !isOfSystem(code) && !/^(UND_)?ERR_/.test(code);

/** What Node says of it, without advice about Node's own options; of OpenSSL's stack only the reason. */
const sentenceOf = (trouble: unknown): readonly string[] => {
  const { reason, message } = (trouble ?? {}) as { readonly reason?: unknown; readonly message?: unknown };
  const said = [reason, message].find((one) => typeof one === "string") ?? "";
  const sentence = (said.includes(":error:") ? "" : (said.split(/[;\n]/)[0] ?? "")).trim();
  if (sentence.length <= LONGEST_SENTENCE) return sentence === "" ? [] : [sentence];
  return [`${sentence.slice(0, LONGEST_SENTENCE).trimEnd()}…`];
};
