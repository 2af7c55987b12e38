import { keyOf, type Mapped } from "../domain/mapping";
import { valueAt } from "../domain/value-at";

/**
 * Whether something stands at the path, for that is how a change feed marks what is gone. An empty text, 0 and false say that it
 * is not.
 */
export function tellsRemoval(record: unknown, path: readonly string[]): boolean {
  const found = valueAt(record, path);
  if (typeof found === "string") return !/^\s*(?:false|0)?\s*$/i.test(found);
  return found !== undefined && found !== null && found !== false && found !== 0;
}

/** A removed record has its key, and often nothing else. Whose removal it is nobody knows without one, so that stays rejected. */
export function asRemoved(result: Mapped): Mapped {
  const key = keyOf(result);
  return key === null ? result : { outcome: "skipped", key, because: "deleted" };
}
