import type { EntityName, LinkKind } from "../../../domain/entities";
import type { LinkTally } from "./link-tally";

/** What landed of an entity: it was written into the mirror as it was read. */
export interface Landed {
  /** Local ids lie between these, and of this source no others do. */
  readonly firstId: number;
  readonly lastId: number;
  readonly records: number;
  readonly links: LinkTally;
  /** Of the links those without effect. */
  readonly dangling: LinkTally;
}

/** All that this run has landed of an entity. */
export interface LandedRecords extends Landed {
  readonly stream: string;
  /** Of the first page that landed; what was staged before was read before. */
  readonly fromPage: number;
}

/** What landed before this run, by the one that it goes on from, and was not told in any report. */
export interface UntoldRecords {
  readonly records: number;
  readonly links: LinkTally;
}

export type LandedEntities = ReadonlyMap<EntityName, LandedRecords>;

interface WhatLanded {
  readonly landed: LandedEntities;
}

interface Untold {
  readonly untold: ReadonlyMap<EntityName, UntoldRecords>;
}

/** Whether the row `m` of the mirror was landed by this run. */
export function isLanded({ landed }: WhatLanded, entity: EntityName, row = "m"): string {
  const those = landed.get(entity);
  return those === undefined ? "false" : `(${row}.id between ${those.firstId} and ${those.lastId})`;
}

/** Whether the key, an expression, is that of a record landed by this run; the source is `$1`. */
export function isKeyLanded(context: WhatLanded, entity: EntityName, key: string): string {
  if (!context.landed.has(entity)) return "false";
  return `exists (select from mirror.${entity} m where m.source = $1 and m.key = ${key} and ${isLanded(context, entity)})`;
}

/** A run that was cut off, whatever has become of it. */
export const WAS_CUT_OFF = "r.outcome in ('interrupted', 'store', 'failed')";

/**
 * Whether a row of the mirror was landed by a run that was cut off, and touched by nobody since, and no run that was concluded has
 * told of it (one that meets it by its digest does not touch it). Nobody was ever answered from it, so nothing is lost with it.
 * This very run counts too: it may have lost its session after that. The source is `$1`.
 */
export const isUnconcluded = (row: string): string => `${row}.last_run in (
  select r.id from sync.runs r
  where r.source = $1 and r.told_by is null and (r.state <> 'finished' or ${WAS_CUT_OFF}))`;

/** Whether the row `m` of the mirror landed, and no run that was concluded has told of it; the source is `$1`. */
export const isNewcomer = (context: WhatLanded, entity: EntityName): string =>
  `(${isLanded(context, entity)} or ${isUnconcluded("m")})`;

export const countLandedRecords = ({ landed }: WhatLanded, entity: EntityName): number =>
  landed.get(entity)?.records ?? 0;

/** Records that landed, by entity, also before this run as far as no report told of them. */
export function countLanded({ landed, untold }: WhatLanded & Untold): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [entity, { records }] of [...untold, ...landed])
    if (records > 0) counts[entity] = (counts[entity] ?? 0) + records;
  return counts;
}

/** Those of a kind that landed before this run, and were not told. */
export const countUntoldLinks = ({ untold }: Untold, kind: LinkKind): number =>
  [...untold.values()].reduce((sum, { links }) => sum + links[kind], 0);

/** Those of a kind that landed by this run without effect. */
export const countLandedDangling = ({ landed }: WhatLanded, kind: LinkKind): number =>
  [...landed.values()].reduce((sum, { dangling }) => sum + dangling[kind], 0);

/** Links of a kind that landed with the records that list them, also before this run. */
export const countLandedLinks = ({ landed, untold }: WhatLanded & Untold, kind: LinkKind): number =>
  [...landed.values(), ...untold.values()].reduce((sum, { links }) => sum + links[kind], 0);

/** Whether the origin of a link is a list of records that landed, so that nobody stated it before this run. */
export function isLandedOrigin({ landed }: WhatLanded, origin: string): string {
  const names = [...landed.values()].map(({ stream }) => `starts_with(${origin}, '${stream.replaceAll("'", "''")}.')`);
  return names.length === 0 ? "false" : `(${names.join(" or ")})`;
}
