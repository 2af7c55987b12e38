import type { AuditEntry } from "../domain/changes";
import { plain } from "./layout";

/** "upstream, by ops@desk in run 5: new hires" */
export function causedBy({
  cause,
  actor,
  run,
  reason,
}: Pick<AuditEntry, "cause" | "actor" | "run" | "reason">): string {
  return plain(`${cause}, by ${actor} in run ${run}${reason === null ? "" : `: ${reason}`}`);
}
