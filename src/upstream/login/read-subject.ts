import type { JsonObject } from "../../domain/json";
import type { Log } from "../../domain/log";
import type { LiveOutcome, SubjectRule } from "../../domain/login";
import { isStorable } from "../../domain/storable";
import { indeterminate } from "./outcomes";
import type { Evaluate, FindKey } from "./ports";

/** The key of the person an answer speaks of; null when it does not say, or the mirror has nobody of that name. */
export type ReadSubject = (rule: SubjectRule, input: JsonObject) => Promise<string | null>;

export const createReadSubject =
  (source: string, { evaluate, findKey, log }: { evaluate: Evaluate; findKey: FindKey; log: Log }): ReadSubject =>
  async ({ by, from }, input) => {
    const found = await evaluate(from, input);
    if ("problem" in found) {
      log.warn("the login's `subject` could not be worked out", { source, problem: found.problem });
      return null;
    }
    const name = nameOf(found.value);
    if (name === null) return null;
    return by === "key" ? name : findKey(source, name);
  };

/** A yes for nobody we know is none. */
export async function accepted(readSubject: ReadSubject, rule: SubjectRule, input: JsonObject): Promise<LiveOutcome> {
  const key = await readSubject(rule, input);
  return key === null ? indeterminate("unmapped") : { outcome: "accepted", key };
}

/** A text or number that can be a key. */
function nameOf(value: unknown): string | null {
  // Of a whole number beyond 2^53 nobody knows which it was.
  if (typeof value === "number") return isExact(value) ? String(value) : null;
  return typeof value === "string" && value.trim() !== "" && isStorable(value) ? value : null;
}

const isExact = (number: number): boolean => Number.isFinite(number) && Math.abs(number) <= Number.MAX_SAFE_INTEGER;
