import { numberOf, type StageContext } from "./stage-context";

/** Whether the whole source was read completely before this run. */
export async function wasComplete(context: StageContext): Promise<boolean> {
  const complete = "select count(*) from sync.sources where source = $1 and first_complete_at is not null";
  return (await numberOf(context, complete, [context.source])) > 0;
}
