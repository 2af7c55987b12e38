/** Where an enumeration begins: with everything, or with what changed. */
import { Failure } from "../../domain/errors";
import type { IncrementalPass, SinceFormat } from "../../domain/increments";
import type { Job, Stream } from "../../domain/job";
import type { JsonObject } from "../../domain/json";
import { readPath } from "../http/places";
import { buildTarget, linkedTarget, type Target, withoutQuery, withQuery } from "../http/request-url";

export interface Beginning {
  readonly target: Target;
  /** The address is whole: paging adds nothing to its first page. */
  readonly isWhole: boolean;
  /** Statuses that say that changes are no longer told from there on. */
  readonly expired: readonly number[];
}

/** @param credentials query parameters that carry them; an address that the upstream gave may repeat them */
export function beginReading(
  job: Job,
  {
    stream,
    parent,
    run,
    changes,
  }: {
    readonly stream: Stream;
    readonly parent: JsonObject | null;
    readonly run: number;
    /** Asks only for these; for everything without them. */
    readonly changes: IncrementalPass | null;
  },
  credentials: readonly string[],
): Beginning {
  const { request, increments } = stream;
  const whole = { key: null, parent, run, since: null };
  if (changes?.kind === "since" && increments?.kind === "since") {
    const query = { ...request.query, ...increments.query };
    const since = sinceText(changes.since, increments.format);
    return { target: buildTarget(job, { ...request, query }, { ...whole, since }), isWhole: false, expired: [] };
  }
  const target = buildTarget(job, request, whole);
  if (changes?.kind !== "delta" || increments?.kind !== "delta") return { target, isWhole: false, expired: [] };
  const { as, expired } = increments;
  if (as !== null) return { target: withQuery(target, { [as]: changes.link }), isWhole: false, expired };
  return { target: withoutQuery(linkedTarget(target, changes.link), credentials), isWhole: true, expired };
}

/** Milliseconds by which clocks are behind UTC where they are furthest: a date may be that of any place. */
const FURTHEST_WEST = 12 * 60 * 60_000;

/** Rounded down, so that nothing is left out. @param moment in milliseconds */
export function sinceText(moment: number, format: SinceFormat): string {
  switch (format) {
    case "seconds":
      return String(Math.floor(moment / 1_000));
    case "milliseconds":
      return String(Math.floor(moment));
    case "date":
      return new Date(moment - FURTHEST_WEST).toISOString().slice(0, 10);
    case "rfc3339":
      return new Date(moment).toISOString();
  }
}

/** The link itself is in no message: it is as good as a credential. */
export const expiredLink = (shown: string, status: number): Failure =>
  new Failure("UPS022", `${shown} tells no changes any more from where the last run ended (status ${status})`, {
    fix: "nothing: the next run reads everything",
    data: { status },
  });

/**
 * The delta link of the last page, where the job looks for it. Text that Postgres cannot store does not count, and neither does an
 * address that would not be asked; credentials that an address repeats are left out.
 *
 * @param asked where the enumeration began
 */
export const readDeltaLink = (
  { increments }: Pick<Stream, "increments">,
  body: unknown,
  asked: Target,
  credentials: readonly string[],
): string | null => {
  if (increments?.kind !== "delta") return null;
  const found = readPath(body, increments.link);
  if (typeof found === "number") return String(found);
  if (typeof found !== "string" || found === "" || /[\0\p{Surrogate}]/u.test(found)) return null;
  if (increments.as !== null) return found;
  if (!isOfOrigin(found, asked.url)) return null;
  const linked = linkedTarget(asked, found);
  const stripped = withoutQuery(linked, credentials);
  return stripped === linked ? found : stripped.url.href;
};

const isOfOrigin = (href: string, { href: from, origin }: URL): boolean =>
  URL.canParse(href, from) && new URL(href, from).origin === origin;
