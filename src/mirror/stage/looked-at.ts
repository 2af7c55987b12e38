import { affected, rowsOf, type StageContext } from "./stage-context";

/** Whether the effect of these files was looked at, or no run has come by others yet. */
export async function wasLookedAt(context: StageContext, files: string): Promise<boolean> {
  const [known] = await rowsOf<{ files: string }>(context, "select files from sync.looked_at where source = $1", [
    context.source,
  ]);
  return known === undefined || known.files === files;
}

/** Remembers the files whose effect was looked at; null leaves it as it is. */
export async function keepLookedAt(context: StageContext, files: string | null, actor: string): Promise<void> {
  if (files === null) return;
  await affected(
    context,
    `insert into sync.looked_at as known (source, files, run, at, actor) values ($1, $2, $3, sync.moment(), $4)
     on conflict (source) do update set files = excluded.files, run = excluded.run, at = excluded.at, actor = excluded.actor
     where known.files <> excluded.files`,
    [context.source, files, context.run, actor],
  );
}
