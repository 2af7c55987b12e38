import type { JsonObject } from "../../domain/json";
import type { Log } from "../../domain/log";
import type { LiveOutcome, SubjectRule } from "../../domain/login";
import { isStorable } from "../../domain/storable";
import { indeterminate } from "./outcomes";
import type { Evaluate, FindKey } from "./ports";

/**
 * Whom an answer speaks of, without a key for a user name that nobody has in the mirror; null when it does not say.
 *
 * @param options.more what can be asked for when the input alone does not say; of two the input's own counts
 * @param options.mayNameNobody nobody is warned when it does not say, but still of an expression that fails
 */
export type ReadSubject = (
  rule: SubjectRule,
  input: JsonObject,
  options?: { readonly more?: () => Promise<JsonObject | null>; readonly mayNameNobody?: boolean },
) => Promise<{ readonly key: string | null } | null>;

export const createReadSubject =
  (source: string, { evaluate, findKey, log }: { evaluate: Evaluate; findKey: FindKey; log: Log }): ReadSubject =>
  async ({ by, from }, input, { more = async () => null, mayNameNobody = false } = {}) => {
    const look = async (seen: JsonObject) => {
      const found = await evaluate(from, seen);
      if ("problem" in found) return { name: null, ...found };
      return { name: nameOf(found.value), problem: mayNameNobody ? null : `it gives nothing that is a ${by}` };
    };
    let { name, problem } = await look(input);
    const added = name === null ? await more() : null;
    if (added !== null) ({ name, problem } = await look({ ...added, ...input }));
    if (name !== null) return { key: by === "key" ? name : await findKey(source, name) };
    if (problem !== null) log.warn("the login's `subject` could not be worked out", { source, at: from.at, problem });
    return null;
  };

/** A yes that does not say about whom is none. */
export async function accepted(readSubject: ReadSubject, ...about: Parameters<ReadSubject>): Promise<LiveOutcome> {
  const subject = await readSubject(...about);
  return subject === null ? indeterminate("unmapped") : { outcome: "accepted", ...subject };
}

/** A text or number that can be a key. */
function nameOf(value: unknown): string | null {
  // Of a whole number beyond 2^53 nobody knows which it was.
  if (typeof value === "number") return isExact(value) ? String(value) : null;
  return typeof value === "string" && value.trim() !== "" && isStorable(value) ? value : null;
}

const isExact = (number: number): boolean => Number.isFinite(number) && Math.abs(number) <= Number.MAX_SAFE_INTEGER;
