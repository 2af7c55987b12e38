import type { EntityName } from "../../../domain/entities";
import { affected, numberOf, type StageContext } from "../stage-context";
import { countLandedRecords, isLanded, isNewcomer } from "./landed";

/**
 * What came again after it had landed, or before: the later page counts, by an ordinary update where it is staged. A record that
 * is rejected anywhere is taken back, and one that is left out on another page stays.
 *
 * @returns how many `distinct` keys are in no table of the stage
 */
export async function settleLanded(
  context: StageContext,
  entity: EntityName,
): Promise<{ distinct: number; duplicates: number }> {
  const landed = context.landed.get(entity);
  if (landed === undefined) return { distinct: 0, duplicates: 0 };
  const { source } = context;
  const same = (alias: string): string => `m.source = $1 and m.key = ${alias}.key and ${isLanded(context, entity)}`;
  const overtaken = await affected(
    context,
    `delete from stage_${entity} s using mirror.${entity} m where ${same("s")} and s.page < $2`,
    [source, landed.fromPage],
  );
  const leftOut = await context.contents.write(
    context,
    "changes",
    `delete from stage_skips k using mirror.${entity} m where k.entity = '${entity}' and ${same("k")}`,
    [source],
  );
  const rejected = `select key from stage_rejects where entity = '${entity}' and key is not null`;
  // What landed before this run was met by it, and is among the repeated already.
  const takenBack = await numberOf(
    context,
    `select count(*) from mirror.${entity} m
     where m.source = $1 and m.tombstoned_at is null and ${isLanded(context, entity)} and m.key in (${rejected})`,
    [source],
  );
  await withdrawLanded(context, entity, rejected);
  const again = await numberOf(
    context,
    `select count(*) from stage_${entity} s join mirror.${entity} m on ${same("s")}`,
    [source],
  );
  return {
    distinct: countLandedRecords(context, entity) - takenBack - again,
    duplicates: overtaken + leftOut + takenBack + again,
  };
}

/** Has records that landed, and cannot stand, leave the mirror again. @param keys a query */
export function withdrawLanded(
  context: StageContext,
  entity: EntityName,
  keys: string,
  parameters: readonly unknown[] = [],
): Promise<number> {
  return context.contents.write(
    context,
    "changes",
    `insert into changes (entity, key, kind, cause, version)
     select '${entity}', m.key, 'tombstone', 'conflict', m.version
     from mirror.${entity} m
     where m.source = $1 and m.tombstoned_at is null and ${isNewcomer(context, entity)} and m.key in (${keys})
       and not exists (select from changes c where c.entity = '${entity}' and c.key = m.key and c.kind = 'tombstone')`,
    [context.source, ...parameters],
  );
}
