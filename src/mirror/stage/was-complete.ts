import { numberOf, type StageContext } from "./stage-context";

/** A row when the source was read completely at least once. `$1` source. */
export const COMPLETE_ONCE = "select from sync.sources where source = $1 and first_complete_at is not null";

/** Whether the whole source was read completely before this run. */
export async function wasComplete(context: StageContext): Promise<boolean> {
  const complete = `select count(*) from (${COMPLETE_ONCE}) as source`;
  return (await numberOf(context, complete, [context.source])) > 0;
}
