import { LINK_ENDS, type LinkKind } from "../../domain/entities";
import { affected, type StageContext } from "./stage-context";
import { LINK_COLUMNS } from "./stage-tables";

/** What a run did to each link in all. */
const NET = (kind: LinkKind): string => `
  select key, related, scope, origin, owner, min(kind) as kind
  from reversed where entity = '${kind}' group by key, related, scope, origin, owner having min(kind) = max(kind)`;

/**
 * Adds to the change set what undoes a run's grants of one kind, and to the stage the links that it revoked, as if they were
 * stated: comparing tells whether they live. A link that loses an end by the same undoing stays as it is, without effect, as the
 * links of everybody who is gone.
 */
export async function reverseLinks(context: StageContext, kind: LinkKind, run: number): Promise<void> {
  const { left, right, scope } = LINK_COLUMNS[kind];
  const ends = LINK_ENDS[kind];
  const same = `t.source = $1 and t.${left} = n.key and t.${right} = n.related
    ${scope === null ? "" : `and t.${scope} = n.scope`} and t.origin = n.origin`;
  const goes = (entity: string, key: string): string =>
    `exists (select from changes c where c.entity = '${entity}' and c.key = ${key} and c.kind = 'tombstone')`;
  await context.contents.write(
    context,
    "changes",
    `with judged as materialized (
       select n.*, t.${left} is not null as stands, t.owner_key, t.effective
       from (${NET(kind)}) n
       -- Who stated a link of a child stream was not always kept.
       left join mirror.${kind} t on ${same} and (t.owner_key = n.owner or (n.owner is null and t.last_run = $2))
       where n.kind = 'grant' and not ${goes(ends.left, "n.key")} and not ${goes(ends.right, "n.related")}
     ),
     noted as (
       insert into newer (entity, key, related, scope, because)
       select '${kind}', key, related, scope, 'was revoked since' from judged where not stands
     )
     insert into changes (entity, key, related, scope, origin, owner, kind, cause, effective)
     select '${kind}', key, related, scope, origin, owner_key, 'revoke', 'reverted', effective from judged where stands`,
    [context.source, run],
  );
  await affected(
    context,
    `with judged as materialized (
       select n.*, case
         when n.owner is null then 'was stated by a parent that was not kept then, so it cannot be put back'
         when exists (select from mirror.${kind} t where ${same} and t.owner_key = n.owner) then 'was granted again since' end as because
       from (${NET(kind)}) n where n.kind = 'revoke'
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
