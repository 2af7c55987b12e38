/** Quantities as people write them. Every function returns null for what is not one. */

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500ms`, `30s`, `5m`, `12h`, `2d`, in milliseconds. */
export function parseDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  const unit = UNITS[match?.[2] ?? ""];
  return match === null || unit === undefined ? null : Math.round(Number(match[1]) * unit);
}

/** `1s..2m`, in milliseconds. The second must not be less than the first. */
export function parseDurationRange(text: string): { from: number; to: number } | null {
  const [from, to, ...rest] = text.split("..").map(parseDuration);
  if (from == null || to == null || rest.length > 0 || from > to) return null;
  return { from, to };
}

/** `5%` as a fraction of 1; between 0 and 100 %. */
export function parsePercent(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  const share = match === null ? Number.NaN : Number(match[1]) / 100;
  return share >= 0 && share <= 1 ? share : null;
}

/** `500/min` or `10/s`: requests per so many milliseconds. */
export function parseRate(text: string): { requests: number; per: number } | null {
  const match = /^(\d+)\s*\/\s*(s|sec|min|m|h|hour)$/.exec(text.trim());
  const per = { s: 1000, sec: 1000, min: 60_000, m: 60_000, h: 3_600_000, hour: 3_600_000 }[match?.[2] ?? ""];
  const requests = Number(match?.[1]);
  return per === undefined || !(requests > 0) ? null : { requests, per };
}

/** `limit=200`: a query parameter and the page size it asks for. */
export function parseSize(text: string): { name: string; count: number } | null {
  const match = /^([^=\s]+)=([1-9]\d{0,6})$/.exec(text.trim());
  return match?.[1] === undefined ? null : { name: match[1], count: Number(match[2]) };
}

/** `meta.next` as property names. Backticks keep a name with dots together: `` `@odata.nextLink` ``. */
export function parsePath(text: string): readonly string[] | null {
  const names = [...text.matchAll(/(?:^|\.)(?:`([^`]+)`|([^.`]+))/gy)];
  const length = names.reduce((sum, name) => sum + name[0].length, 0);
  return names.length === 0 || length !== text.length ? null : names.map((name) => name[1] ?? name[2] ?? "");
}
