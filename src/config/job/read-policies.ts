import { ENTITY_NAMES, LINK_KINDS } from "../../domain/entities";
import type { HttpPolicy, KeepRaw, Limits, SafeguardPolicy } from "../../domain/job";
import type { RecordShape } from "../../domain/record-shape";
import { isCredentialHeader, reportLiteral } from "../refuse-literal";
import type { Variables } from "../variables";
import type { Entry } from "../yaml/entry";
import { parseDuration, parseDurationRange, parsePercent, parseRate } from "./quantities";
import { readRecordPaths } from "./read-record-paths";

/** Headers that prove who asks; they belong under `auth`, where values are kept secret. */
const CREDENTIAL_HEADERS = new Set(["authorization", "proxy-authorization", "cookie"]);
/** Headers that the HTTP client sets itself. */
const OWN_HEADERS = new Set(["host", "content-length", "connection", "transfer-encoding", "accept-encoding"]);

/** Whether no file may set it: it is the HTTP client's, or no header at all. */
export const isOwnHeader = (name: string): boolean =>
  OWN_HEADERS.has(name.toLowerCase()) || !/^[!#$%&'*+.^_`|~\w-]+$/.test(name);

/** A header's value with its variables filled in, whose characters HTTP can send. */
export function readHeaderValue(header: Entry, value: string): string {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
    header.report({ message: `\`${header.name}\` holds characters that cannot be sent in a header` });
  return value;
}

/** `http:` of a job file. */
export function readHttpPolicy(entry: Entry | null, variables: Variables): HttpPolicy {
  const retry = entry?.get("retry") ?? null;
  const rate = entry?.get("rate")?.text();
  return {
    rate: rate == null ? null : parseRate(rate),
    concurrency: entry?.get("concurrency")?.number() ?? 4,
    timeout: readDuration(entry?.get("timeout") ?? null, "60s", { least: "1s", most: A_DAY }),
    allowPrivate: entry?.get("allowPrivate")?.boolean() ?? false,
    headers: readHeaders(entry?.get("headers") ?? null, variables),
    retry: {
      ...readRetryReasons(retry?.get("on") ?? null),
      backoff: readBackoff(retry?.get("backoff") ?? null),
      budget: readDuration(retry?.get("budget") ?? null, "15m", { most: A_DAY }),
    },
  };
}

/** The longest that one request is waited for. Timers of more than 24 days ring at once. */
const A_DAY = "24h";

interface Bounds {
  readonly least?: string;
  /** The default is a year: dates much further away can no longer be computed with. */
  readonly most?: string;
  /** Why there is a limit. */
  readonly because?: string;
}

/** A duration in milliseconds; the schema has told about texts that are none. */
export function readDuration(entry: Entry | null, fallback: string, bounds: Bounds = {}): number {
  const value = parseDuration(entry?.text() ?? fallback) ?? 0;
  if (entry !== null) checkBounds(entry, parseDuration(entry.text() ?? ""), bounds);
  return value;
}

/** Whether a duration that a file gives is neither too short nor too long; null is none. */
export function checkBounds(
  entry: Entry,
  value: number | null,
  { least = "0s", most = "365d", because }: Bounds,
): void {
  if (value === null) return;
  if (value < (parseDuration(least) ?? 0)) entry.report({ message: `\`${entry.name}\` must be at least \`${least}\`` });
  if (value > (parseDuration(most) ?? 0)) {
    const reason = because === undefined ? "" : `: ${because}`;
    entry.report({ message: `\`${entry.name}\` can be \`${most}\` at most${reason}` });
  }
}

function readBackoff(entry: Entry | null): { from: number; to: number } {
  const fallback = { from: 1000, to: 120_000 };
  const written = entry?.text();
  if (entry === null || written == null) return fallback;
  const range = parseDurationRange(written);
  if (
    range === null &&
    /^\S+\.\.\S+$/.test(written) &&
    written.split("..").every((part) => parseDuration(part) !== null)
  ) {
    entry.report({ message: "`backoff` must go from the shorter wait to the longer one" });
  }
  checkBounds(entry, range?.to ?? null, { most: A_DAY });
  return range ?? fallback;
}

function readRetryReasons(entry: Entry | null): Pick<HttpPolicy["retry"], "statuses" | "serverErrors" | "network"> {
  if (entry === null) return { statuses: [429], serverErrors: true, network: true };
  const reasons = entry.items();
  const words = reasons.map((reason) => reason.text());
  return {
    statuses: reasons.map((reason) => reason.number()).filter((status) => status !== null),
    serverErrors: words.includes("5xx"),
    network: words.includes("network"),
  };
}

function readHeaders(entry: Entry | null, variables: Variables): Readonly<Record<string, string>> {
  const headers = (entry?.entries() ?? []).map((header) => {
    const name = header.name.toLowerCase();
    if (CREDENTIAL_HEADERS.has(name)) {
      const hint = "e.g. `auth: { kind: api-key, name: Authorization, value: … }`";
      header.report({
        code: "CFG007",
        message: `\`${header.name}\` is a credential: it belongs under \`auth\``,
        hint,
        atKey: true,
      });
    } else if (isOwnHeader(name)) {
      header.report({ message: `\`${header.name}\` is not a header that can be set`, atKey: true });
    } else if (isCredentialHeader(name) && !(header.written() ?? "").includes("${")) reportLiteral(header);
    return [header.name, readHeaderValue(header, variables.text(header))] as const;
  });
  return Object.fromEntries(headers);
}

/** `safeguard:` of a job file. */
export function readSafeguard(entry: Entry | null): SafeguardPolicy {
  const limits = readLimits(entry, LIMITS);
  const own = [...ENTITY_NAMES, ...LINK_KINDS].flatMap((into) => {
    const words = entry?.get(into) ?? null;
    return words === null ? [] : [[into, readLimits(words, limits)] as const];
  });
  return { ...limits, empty: "hold", of: Object.fromEntries(own) };
}

const LIMITS: Limits = {
  removals: 0.05,
  most: 500,
  changes: 0.4,
  shrink: 0.1,
  rejects: 0.01,
  replaced: 0.25,
  emptied: 0.2,
  flips: 0.2,
  unseen: 0.1,
  privileged: 0.25,
  holders: 0.2,
};

/** @param fallback where nothing is written */
function readLimits(entry: Entry | null, fallback: Limits): Limits {
  const share = (name: keyof Limits): number => parsePercent(entry?.get(name)?.text() ?? "") ?? fallback[name];
  return {
    removals: share("removals"),
    most: entry?.get("most")?.number() ?? fallback.most,
    changes: share("changes"),
    shrink: share("shrink"),
    rejects: share("rejects"),
    replaced: share("replaced"),
    emptied: share("emptied"),
    flips: share("flips"),
    unseen: share("unseen"),
    privileged: share("privileged"),
    holders: share("holders"),
  };
}

/**
 * `keepRaw:` of a job file; nothing said, or `false`, keeps nothing.
 *
 * @param shapes of the records of every stream
 */
export function readKeepRaw(entry: Entry | null, shapes: readonly (RecordShape | null)[]): KeepRaw | null {
  if (entry === null || entry.boolean() === false) return null;
  return { redact: readRecordPaths(entry.get("redact"), shapes, "what was meant is kept") };
}
