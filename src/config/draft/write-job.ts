import type { Json } from "../../domain/json";
import type { DraftedStream } from "./drafted";
import type { GuessedAuth } from "./guess-auth";
import type { BaseUrl } from "./guess-base-url";
import { type Line, writeYaml } from "./write-yaml";

export interface JobParts {
  readonly source: string;
  /** Relative to the job file. */
  readonly openapi: string;
  readonly title: string;
  readonly baseUrl: BaseUrl;
  readonly auth: GuessedAuth;
  /** `http.headers`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly streams: readonly DraftedStream[];
}

const MODELINE = "yaml-language-server: $schema=../schemas/job.schema.json";

/** The file of a drafted job. */
export function writeJob({ source, openapi, title, baseUrl, auth, headers, streams }: JobParts): string {
  const header = [MODELINE, `Drafted from the OpenAPI document of ${title}. Comments tell what was guessed, and why.`];
  return writeYaml(header, [
    { name: "source", value: source },
    { name: "openapi", value: openapi, comment: "check compares everything below with this document" },
    { name: "baseUrl", value: baseUrl.text, comment: baseUrl.comment },
    authLine(auth),
    {
      name: "schedule",
      value: { cron: "15 2 * * *", timezone: "UTC", jitter: "30m" },
      flow: true,
      comment: "every night; wall time of this zone",
    },
    ...(Object.keys(headers).length === 0 ? [] : [{ name: "http", value: { headers }, flow: true }]),
    { name: "safeguard", value: { removals: "5%" }, flow: true, comment: "more removals than this wait for a person" },
    { name: "entities", lines: streams.map(streamLine) },
  ]);
}

const authLine = ({ auth, comment }: GuessedAuth): Line => ({
  name: "auth",
  comment,
  ...(Object.keys(auth).length > 3
    ? { lines: Object.entries(auth).map(([name, value]) => ({ name, value })) }
    : { value: auth, flow: true }),
});

const streamLine = ({ name, comment, words, comments }: DraftedStream): Line => ({
  name,
  comment,
  lines: Object.entries(words).map(([word, value]: [string, Json]) => ({
    name: word,
    value,
    flow: true,
    comment: comments[word] ?? null,
  })),
});
