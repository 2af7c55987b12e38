import type { Stream } from "../../../domain/job";
import { numberOf, rowsOf, type StageContext } from "../stage-context";
import { dropOrphanedLinks } from "./settle-stage";

/**
 * Counts people as left out whose last tombstone was for absence and who are told as disabled: that alone restores nobody, for it is
 * what may have proved them gone. Comes before records are compared, where they come from no list.
 */
export async function leaveGone(context: StageContext, { name, into }: Stream): Promise<void> {
  const { client, contents, source } = context;
  if (into !== "users" || !contents.mayHold("stage_users")) return;
  const gone = await rowsOf<{ key: string }>(
    context,
    // Looked up for these few alone, after the join.
    `with disabled as materialized (
       select s.key from stage_users s
       join mirror.users m on m.source = $1 and m.key = s.key and m.tombstoned_at is not null
       where s.status = 'disabled'
     ),
     gone as (
       delete from stage_users s using disabled d
       where s.key = d.key and 'absent' = (
         select e.cause from audit.entries e
         where e.source = $1 and e.key = d.key and e.entity = 'users' and e.kind = 'tombstone'
         order by e.at desc, e.id desc limit 1)
       returning s.key, s.page, s.ord
     )
     insert into stage_skips (entity, key, because, page, ord) select 'users', key, 'gone', page, ord from gone returning key`,
    [source],
  );
  if (gone.length === 0) return;
  contents.nowHolds("stage_skips");
  const keys = gone.map(({ key }) => key);
  await client.query("delete from stage_passwords where key = any ($1)", [keys]);
  // Of who is gone nothing is kept.
  await client.query("delete from stage_raw where stream = $1 and key = any ($2)", [name, keys]);
  await dropOrphanedLinks(context, "users", name);
}

/** How many were left out so. */
export const countStillGone = async (context: StageContext): Promise<number> =>
  context.contents.mayHold("stage_skips")
    ? numberOf(context, "select count(*) from stage_skips where because = 'gone'")
    : 0;
