import type { AuditEntry } from "../../domain/changes";
import { plain } from "../../domain/plain";

/** "upstream, by ops@desk in run 5: new hires"; what was not done by a run is of run 0. */
export function causedBy({
  cause,
  actor,
  run,
  reason,
}: Pick<AuditEntry, "cause" | "actor" | "run" | "reason">): string {
  return plain(`${cause}, by ${actor}${run === 0 ? "" : ` in run ${run}`}${reason === null ? "" : `: ${reason}`}`);
}
