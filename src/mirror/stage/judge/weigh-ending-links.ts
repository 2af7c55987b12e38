import { LINK_ENDS, LINK_KINDS } from "../../../domain/entities";
import type { EndingLinks } from "../../../domain/weighing";
import { isUnconcluded } from "../land/landed";
import { numberOf, rowsOf, type StageContext } from "../stage-context";
import { LINK_COLUMNS } from "../stage-tables";
import { REMOVED_BEFORE } from "./weigh-changes";

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
      `select c.key, m.name, count(*) as count
       from changes c
       join mirror.${entity} m on m.source = $1 and m.key = c.key and not ${isUnconcluded("m")}
       join mirror.${kind} t on t.source = $1 and t.${LINK_COLUMNS[kind].right} = c.key and t.effective and not ${isUnconcluded("t")}
       where c.entity = '${entity}' and c.kind = 'tombstone' and c.cause <> 'conflict' and not c.held
       group by c.key, m.name
       order by count(*) desc, c.key collate "C"`,
      [context.source],
    );
    if (by.length === 0) continue;
    weights.push({
      kind,
      entity,
      records: records[entity],
      before: links[kind].all,
      removedBefore: await numberOf(context, `select ${REMOVED_BEFORE}`, [context.source, kind]),
      by: by.map(({ count, ...record }) => ({ ...record, count: Number(count) })),
    });
  }
  return weights;
}
