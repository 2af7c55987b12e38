import { type Into, isEntity } from "../../domain/entities";
import type { KeyVersion, KnownMapping } from "../../domain/mapping-version";
import { isUnconcluded } from "./land/landed";
import { numberOf, rowsOf, type StageContext } from "./stage-context";

interface VersionRow {
  readonly [column: string]: unknown;
  readonly stream: string;
  readonly entity: Into;
  readonly fingerprint: string;
  readonly key: KeyVersion | null;
  readonly last_run: number;
}

/** An entity has one stream, whatever that is called; links may have several. */
const KNOWN = `
  select distinct on (entity, case when key is null then stream end) stream, entity, fingerprint, key, last_run
  from sync.mappings
  where source = $1
  order by entity, case when key is null then stream end, run desc`;

/** The versions that the mirror of the source is kept by. */
export async function knownMappings(
  context: Pick<StageContext, "client" | "source">,
): Promise<readonly KnownMapping[]> {
  const rows = await rowsOf<VersionRow>(context, KNOWN, [context.source]);
  return rows.map(({ stream, entity, fingerprint, key, last_run: lastRun }) => ({
    stream,
    into: entity,
    fingerprint,
    key,
    lastRun,
  }));
}

/** How many records of an entity the mirror holds, those of a load left unfinished apart; of links none, for they have no key. */
export async function countLive(context: Pick<StageContext, "client" | "source">, into: Into): Promise<number> {
  if (!isEntity(into)) return 0;
  const sql = `select count(*) from mirror.${into} m
    where m.source = $1 and m.tombstoned_at is null and not ${isUnconcluded("m")}`;
  return numberOf(context, sql, [context.source]);
}
