import { keyOf, type Mapped } from "../../domain/mapping";
import type { Mapper } from "../ports";
import { valueAt } from "./value-at";

/**
 * A mapper by which records with something at `path` count as removed, for that is how a change feed marks what is gone. Such a
 * record has its key, and often nothing else. An empty text, 0 and false say that it is not removed.
 */
export const tellingRemoved = (mapper: Mapper, path: readonly string[] | null): Mapper =>
  path === null
    ? mapper
    : {
        async mapPage(records, parent) {
          const mapped = await mapper.mapPage(records, parent);
          return mapped.map((result, index) => (tellsRemoval(records[index], path) ? removed(result) : result));
        },
        close: () => mapper.close(),
      };

/** Whose removal it is nobody knows without a key, so that stays rejected. */
function removed(result: Mapped): Mapped {
  const key = keyOf(result);
  return key === null ? result : { outcome: "skipped", key, because: "deleted" };
}

function tellsRemoval(record: unknown, path: readonly string[]): boolean {
  const found = valueAt(record, path);
  if (typeof found === "string") return !/^\s*(?:false|0)?\s*$/i.test(found);
  return found !== undefined && found !== null && found !== false && found !== 0;
}
