import type { EntityName, LinkKind } from "../../domain/entities";
import type { StageContext } from "./stage-context";

/** What this run has landed of an entity: written into the mirror as it was read. */
export interface LandedRecords {
  readonly stream: string;
  /** Of the first page that landed; what was staged before was read before. */
  readonly fromPage: number;
  /** Local ids lie between these, and of this source no others do. */
  readonly firstId: number;
  readonly lastId: number;
  readonly records: number;
  readonly links: Readonly<Record<LinkKind, number>>;
}

export type LandedEntities = ReadonlyMap<EntityName, LandedRecords>;

/** Whether the row `m` of the mirror was landed by this run. */
export function isLanded({ landed }: Pick<StageContext, "landed">, entity: EntityName, row = "m"): string {
  const those = landed.get(entity);
  return those === undefined ? "false" : `(${row}.id between ${those.firstId} and ${those.lastId})`;
}

/** Whether the key, an expression, is that of a record landed by this run; the source is `$1`. */
export function isKeyLanded(context: Pick<StageContext, "landed">, entity: EntityName, key: string): string {
  if (!context.landed.has(entity)) return "false";
  return `exists (select from mirror.${entity} m where m.source = $1 and m.key = ${key} and ${isLanded(context, entity)})`;
}

export const landedRecords = ({ landed }: Pick<StageContext, "landed">, entity: EntityName): number =>
  landed.get(entity)?.records ?? 0;

/** Links of a kind that landed with the records that list them. */
export const landedLinks = ({ landed }: Pick<StageContext, "landed">, kind: LinkKind): number =>
  [...landed.values()].reduce((sum, { links }) => sum + links[kind], 0);

/** Whether the origin of a link is a list of records that landed, so that nobody stated it before this run. */
export function isLandedOrigin({ landed }: Pick<StageContext, "landed">, origin: string): string {
  const names = [...landed.values()].map(({ stream }) => `starts_with(${origin}, '${stream.replaceAll("'", "''")}.')`);
  return names.length === 0 ? "false" : `(${names.join(" or ")})`;
}
