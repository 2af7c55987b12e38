import { LINK_KINDS, type LinkKind } from "../../../domain/entities";
import type { StreamRename } from "../../../domain/mapping-version";
import { checkFence } from "../../fence";
import { inTransaction } from "../../transaction";
import { affected, type StageContext } from "../stage-context";
import { namingColumns } from "../stage-tables";

/**
 * What is kept under the name of a stream of records, where the job calls it otherwise now: links would never be revoked again, and
 * rejects never heal, for nobody states or reads anything under the old name any more. Which page looked how, and from where to
 * ask for changes, is found out anew.
 */
export async function renameStreams(context: StageContext, renames: readonly StreamRename[]): Promise<void> {
  if (renames.length === 0) return;
  await inTransaction(context.client, async () => {
    for (const rename of throughNames(renames)) {
      for (const kind of LINK_KINDS) await renameOrigins(context, kind, rename);
      for (const sql of KEPT) await affected(context, sql, [context.source, rename.from, rename.to]);
    }
    await checkFence(context);
  });
}

/** Where one takes over the name of another, all are called something else first, or the two would become one. */
function throughNames(renames: readonly StreamRename[]): readonly StreamRename[] {
  if (!renames.some(({ to }) => renames.some(({ from }) => from === to))) return renames;
  // No stream can be called so.
  const between = (index: number): string => `renamed ${index}`;
  return [
    ...renames.map(({ from }, index) => ({ from, to: between(index) })),
    ...renames.map(({ to }, index) => ({ from: between(index), to })),
  ];
}

/** Of two that differ by nothing else the one of the new name stays. */
async function renameOrigins(context: StageContext, kind: LinkKind, { from, to }: StreamRename): Promise<void> {
  const renamed = "$3 || substr(t.origin, length($2) + 1)";
  const same = [...namingColumns(kind), "owner_key"];
  await affected(
    context,
    `delete from mirror.${kind} t
     where t.source = $1 and starts_with(t.origin, $2 || '.') and exists (
       select from mirror.${kind} o
       where o.source = $1 and o.origin = ${renamed} and ${same.map((column) => `o.${column} = t.${column}`).join(" and ")})`,
    [context.source, from, to],
  );
  await affected(
    context,
    `update mirror.${kind} t set origin = ${renamed} where t.source = $1 and starts_with(t.origin, $2 || '.')`,
    [context.source, from, to],
  );
}

/** `$2` the old name, `$3` the new one. What stands under the new one already is newer. */
const KEPT = [
  `update sync.pins set origin = $3 || substr(origin, length($2) + 1) where source = $1 and starts_with(origin, $2 || '.')`,
  `update sync.held_changes t set origin = $3 || substr(t.origin, length($2) + 1) from sync.holds o
   where o.run = t.run and o.source = $1 and starts_with(t.origin, $2 || '.')`,
  ...[
    ["rejects", "record"],
    ["stale_records", "key"],
    ["raw_records", "parent", "key"],
  ].flatMap(([table, ...place]) => [
    `delete from sync.${table} t where source = $1 and stream = $2 and exists (
       select from sync.${table} o
       where o.source = $1 and o.stream = $3 and ${place.map((column) => `o.${column} = t.${column}`).join(" and ")})`,
    `update sync.${table} set stream = $3 where source = $1 and stream = $2`,
  ]),
  "update sync.raw_records set parent_stream = $3 where source = $1 and parent_stream = $2",
  "delete from sync.pages where source = $1 and stream in ($2, $3)",
  "delete from sync.watermarks where source = $1 and stream in ($2, $3)",
  "update sync.mappings set stream = $3 where source = $1 and stream = $2",
];
