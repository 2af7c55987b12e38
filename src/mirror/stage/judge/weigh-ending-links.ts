import { LINK_ENDS, LINK_KINDS } from "../../../domain/entities";
import type { EndingLinks } from "../../../domain/weighing";
import { isUnconcluded } from "../land/landed";
import { numberOf, rowsOf, type StageContext } from "../stage-context";
import { LINK_COLUMNS } from "../stage-tables";
import { REMOVED_BEFORE } from "./weigh-changes";

/** Roles that no list states, once for each who holds them: by a grant, or as one that the job gives to everybody. */
const GIVEN_HERE = `
  select role_key from (
    select role_key from mirror.local_grants where source = $1 and effective and ended_at is null
    union all
    select d.role_key from mirror.default_roles d join mirror.users u on u.source = $1 and u.tombstoned_at is null where d.source = $1
  ) given_here`;

/**
 * What the roles, permissions and orgs that are to go would take from all who have them. No list says so, since links end with
 * what they lead to. What somebody had who goes themselves is judged with them.
 */
export async function weighEndingLinks(context: StageContext): Promise<readonly EndingLinks[]> {
  if (!context.contents.hasChanges) return [];
  const { links, records } = await context.before();
  const weights: EndingLinks[] = [];
  for (const kind of LINK_KINDS) {
    const { right: entity } = LINK_ENDS[kind];
    const by = await rowsOf<{ key: string; name: string; count: string }>(
      context,
      `with gone as materialized (
         select c.key from changes c where c.entity = '${entity}' and c.kind = 'tombstone' and c.cause <> 'conflict' and not c.held
       ),
       going as (
         select c.key, m.name
         from gone c
         join mirror.${entity} m on m.source = $1 and m.key = c.key and not ${isUnconcluded("m")}
       ),
       ending as (
         select t.${LINK_COLUMNS[kind].right} as key
         from mirror.${kind} t
         where t.source = $1 and t.effective and not ${isUnconcluded("t")} and t.${LINK_COLUMNS[kind].right} in (select key from going)
         ${kind === "user_roles" ? `union all ${GIVEN_HERE} where role_key in (select key from going)` : ""}
       )
       select key, name, count(*) as count from going join ending using (key)
       group by key, name
       order by count(*) desc, key collate "C"`,
      [context.source],
    );
    if (by.length === 0) continue;
    const given =
      kind === "user_roles"
        ? await numberOf(context, `select count(*) from (${GIVEN_HERE}) given`, [context.source])
        : 0;
    weights.push({
      kind,
      entity,
      records: records[entity],
      before: links[kind].all + given,
      removedBefore: await numberOf(context, `select ${REMOVED_BEFORE}`, [context.source, kind]),
      by: by.map(({ count, ...record }) => ({ ...record, count: Number(count) })),
    });
  }
  return weights;
}
