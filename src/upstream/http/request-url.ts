/** Addresses of requests: templates filled, values encoded, never leaving the job's origin. */
import { Failure } from "../../domain/errors";
import type { Job, RequestSpec } from "../../domain/job";
import type { JsonObject } from "../../domain/json";
import { readPath } from "./places";

/** What is asked for. Credentials are added when it is sent. */
export interface Target {
  readonly url: URL;
  /** The address as people may see it: no query, and templates instead of what filled them. */
  readonly shown: string;
}

/** What fills `{key}`, `{parent.x.y}`, `{run.id}` and `{since}`. */
export interface TemplateValues {
  readonly key: string | null;
  readonly parent: JsonObject | null;
  readonly run: number;
  /** As the upstream wants it written. */
  readonly since: string | null;
}

const TEMPLATE = /\{(key|since|run\.id|parent(?:\.[^{}.]+)+)\}/;

/**
 * The address of a request. A value that is missing, empty or would lead elsewhere is UPS010: `/users/{key}` with nothing
 * for the key would ask for everybody.
 */
export const buildTarget = (job: Job, spec: RequestSpec, values: TemplateValues): Target => {
  const base = new URL(job.baseUrl);
  const { path, query } = splitPath(spec.path);
  const shown = absolute(base, path);
  const cannotAsk = (why: string, fix: string): Failure =>
    new Failure("UPS010", `${shown} cannot be asked: ${why}`, { fix });
  const fill = (text: string, encodeText: (text: string) => string): string =>
    text
      .split(TEMPLATE)
      .map((part, index) => {
        if (index % 2 === 0) return encodeText(part);
        const value = encoded(fillerOf(part, values));
        if (value === null || value === "")
          throw cannotAsk(
            `\`{${part}}\` has no value that fits into an address`,
            "check the template against the records",
          );
        return value;
      })
      .join("");

  if (base.username !== "" || base.password !== "")
    throw cannotAsk("`baseUrl` holds a user name or a password", `write them under \`auth\` in ${job.file}`);
  const filled = fill(path, asIs);
  if (leadsElsewhere(filled))
    throw cannotAsk(
      "a part of its path is `.` or `..`, which leads elsewhere",
      "such a key can only be read by a list",
    );

  const pairs = Object.entries(spec.query).map(
    ([name, value]) => `${encodeURIComponent(name)}=${fill(value, encodeURIComponent)}`,
  );
  const search = [...(query === "" ? [] : [fill(query, asIs)]), ...pairs].join("&");
  const url = new URL(`${absolute(base, filled)}${search === "" ? "" : `?${search}`}`);
  if (url.origin !== base.origin)
    throw cannotAsk(
      `it is at another origin than \`baseUrl\`, ${base.origin}, and credentials go nowhere else`,
      "read it as a source of its own",
    );
  return { url, shown };
};

/** The same target with more parameters; one of the same name is replaced. UPS013 for a value that is no whole Unicode. */
export const withQuery = (target: Target, query: Readonly<Record<string, string>>): Target => {
  const names = Object.keys(query);
  if (names.length === 0) return target;
  const kept = pairsOf(target.url).filter((pair) => !isNamed(pair, names));
  const added = Object.entries(query).map(([name, value]) => {
    const text = encoded(value);
    // In its place an empty one would be asked for, which is often the end.
    if (text === null)
      throw new Failure("UPS013", `${target.shown} says by half a character what comes next`, { fix: "check `page`" });
    return `${encodeURIComponent(name)}=${text}`;
  });
  return withSearch(target, [...kept, ...added]);
};

/** The same target without the parameters of these names. */
export const withoutQuery = (target: Target, names: readonly string[]): Target => {
  const pairs = pairsOf(target.url);
  const kept = pairs.filter((pair) => !isNamed(pair, names));
  return kept.length === pairs.length ? target : withSearch(target, kept);
};

const pairsOf = (url: URL): readonly string[] =>
  url.search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "");

const isNamed = (pair: string, names: readonly string[]): boolean =>
  [...new URLSearchParams(pair).keys()].some((name) => names.includes(name));

const withSearch = ({ url, shown }: Target, pairs: readonly string[]): Target => {
  const changed = new URL(url);
  changed.search = pairs.join("&");
  return { url: changed, shown };
};

/** Where a page says the next one is. Another origin is UPS015: it would be given our credentials. */
export const linkedTarget = ({ url, shown }: Target, href: string): Target => {
  if (!URL.canParse(href, url.href))
    throw new Failure("UPS013", `${shown} names a next page by something that is no address`, { fix: "check `page`" });
  const next = new URL(href, url);
  if (!/^https?:$/.test(next.protocol))
    throw new Failure("UPS015", `${shown} names a next page by an address that is not http`, { fix: "check `page`" });
  if (next.origin !== url.origin)
    throw new Failure(
      "UPS015",
      `${shown} names a next page at ${next.origin}, which was not asked: credentials stay with ${url.origin}`,
      {
        fix: "write the origin its links use as `baseUrl`, or page by a cursor, an offset or a number",
      },
    );
  next.hash = "";
  next.username = "";
  next.password = "";
  return { url: next, shown };
};

/** The query with its values hidden, for the log: plain small numbers (sizes, offsets, pages) stay, unless they may be somebody's. */
export const shownQuery = (url: URL, isPersonal: boolean): string => {
  const shown = (value: string): string => (!isPersonal && /^\d{1,9}$/.test(value) ? value : "…");
  return [...url.searchParams].map(([name, value]) => `${name}=${shown(value)}`).join("&");
};

const asIs = (text: string): string => text;

const splitPath = (path: string): { path: string; query: string } => {
  const at = path.indexOf("?");
  return at < 0 ? { path, query: "" } : { path: path.slice(0, at), query: path.slice(at + 1) };
};

/** Whether a part of a filled path is `.` or `..`, by which an address becomes another one. */
export const leadsElsewhere = (path: string): boolean =>
  path.split("/").some((segment) => /^(\.|%2e){1,2}$/i.test(segment));

/** A path below `baseUrl`'s own, or an address that stands by itself. */
export const absolute = (base: URL, path: string): string =>
  /^https?:\/\//i.test(path) ? path : `${base.origin}${base.pathname.replace(/\/+$/, "")}/${path.replace(/^\/+/, "")}`;

const fillerOf = (template: string, { key, parent, run, since }: TemplateValues): unknown => {
  if (template === "key") return key;
  if (template === "since") return since;
  return template === "run.id" ? run : readPath(parent, template.split(".").slice(1));
};

/** Null for what has no place in an address: objects, lists, nothing, and text that is not whole Unicode. */
const encoded = (value: unknown): string | null => {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return null;
  const text = String(value);
  return /\p{Surrogate}/u.test(text) ? null : encodeURIComponent(text);
};
