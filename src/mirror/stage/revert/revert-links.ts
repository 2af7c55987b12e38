import { LINK_ENDS, type LinkKind } from "../../../domain/entities";
import { affected, type StageContext } from "../stage-context";
import { andScope, LINK_COLUMNS } from "../stage-tables";

/** What a run did to each link in all. */
const NET = (kind: LinkKind): string => `
  select key, related, scope, origin, owner, min(kind) as kind
  from reversed where entity = '${kind}' group by key, related, scope, origin, owner having min(kind) = max(kind)`;

/**
 * Adds to the change set what undoes a run's grants of one kind, and to the stage the links that it revoked, as if they were
 * stated: comparing tells whether they live. A link that loses an end by the same undoing, or has lost it by an earlier one, stays
 * as it is, without effect, as the links of everybody who is gone. What is as before the run already needs nothing.
 */
export async function revertLinks(context: StageContext, kind: LinkKind, run: number): Promise<void> {
  const { left, right } = LINK_COLUMNS[kind];
  const ends = LINK_ENDS[kind];
  const same = `t.source = $1 and t.${left} = n.key and t.${right} = n.related
    ${andScope(kind, "t", "n.scope")} and t.origin = n.origin`;
  const goes = (entity: string, key: string): string =>
    `(exists (select from changes c where c.entity = '${entity}' and c.key = ${key} and c.kind = 'tombstone')
      or exists (select from reversed r join mirror.${entity} m on m.source = $1 and m.key = r.key
                 where r.entity = '${entity}' and r.key = ${key} and r.kind in ('create', 'restore') and m.tombstoned_at is not null))`;
  await context.contents.write(
    context,
    "changes",
    `insert into changes (entity, key, related, scope, origin, owner, kind, cause, effective)
     select '${kind}', n.key, n.related, n.scope, n.origin, t.owner_key, 'revoke', 'reverted', t.effective
     from (${NET(kind)}) n
     -- Who stated a link of a child stream was not always kept.
     join mirror.${kind} t on ${same} and (t.owner_key = n.owner or (n.owner is null and t.last_run = $2))
     where n.kind = 'grant' and not ${goes(ends.left, "n.key")} and not ${goes(ends.right, "n.related")}`,
    [context.source, run],
  );
  await affected(
    context,
    `with judged as materialized (
       select n.*, case when n.owner is null then 'was stated by a parent that nobody kept, so it cannot be put back' end as because
       from (${NET(kind)}) n
       where n.kind = 'revoke' and not exists (
         select from mirror.${kind} t where ${same} and t.owner_key = coalesce(n.owner, t.owner_key))
     ),
     noted as (
       insert into newer (entity, key, related, scope, because)
       select '${kind}', key, related, scope, because from judged where because is not null
     )
     insert into stage_links (kind, origin, owner, left_key, right_key, scope, ord)
     select '${kind}', origin, owner, key, related, scope, 0 from judged where because is null`,
    [context.source],
  );
}
