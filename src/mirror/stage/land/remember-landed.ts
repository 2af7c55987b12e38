import type { EntityName } from "../../../domain/entities";
import type { LandingStream } from "../../../domain/landing";
import { lastingTable } from "../lasting-stage";
import { affected, rowsOf, type StageContext } from "../stage-context";
import type { LandedRecords, UntoldRecords } from "./landed";
import { added, NO_LINKS } from "./link-tally";

/** What landed is remembered beside the stage, so that the run that resumes there lands the rest. */

interface RememberedRow extends UntoldRecords {
  readonly [column: string]: unknown;
  readonly entity: EntityName;
  readonly stream: string;
  /** Whether the stream goes on landing. */
  readonly landing: boolean;
}

export const readRemembered = (context: StageContext): Promise<readonly RememberedRow[]> =>
  rowsOf<RememberedRow>(
    context,
    `select entity, stream, landing, untold_records::integer as records, untold_links as links from stage_landed`,
  );

/** Within the transaction that is open. */
export async function rememberLanded(
  context: StageContext,
  entity: EntityName,
  all: LandedRecords,
  fingerprint: string | null,
): Promise<void> {
  const untold = context.untold.get(entity) ?? { records: 0, links: NO_LINKS };
  await affected(
    context,
    `insert into stage_landed (entity, stream, fingerprint, first_id, last_id, records, landing, untold_records, untold_links)
     values ($1, $2, $3, $4, $5, $6, true, $7, $8)
     on conflict (entity) do update set first_id = $4, last_id = $5, records = $6, untold_records = $7, untold_links = $8`,
    [
      entity,
      all.stream,
      fingerprint,
      all.firstId,
      all.lastId,
      all.records,
      all.records + untold.records,
      JSON.stringify(added(all.links, untold.links)),
    ],
  );
}

/** The next run must know what the mirror is kept by, also if this run never ends. */
export async function rememberMapping(
  context: StageContext,
  { stream, entity, actor }: { readonly stream: string; readonly entity: EntityName; readonly actor: string },
  { fingerprint, key }: LandingStream["version"],
): Promise<void> {
  await affected(
    context,
    `insert into sync.mappings (source, stream, entity, run, at, actor, fingerprint, key_fingerprint, key, last_run)
     select $1, $2, $3, $4, now(), $5, $6, $7, $8, $4
     where not exists (select from sync.mappings where source = $1 and stream = $2)`,
    [
      context.source,
      stream,
      entity,
      context.run,
      actor,
      fingerprint,
      key?.fingerprint ?? null,
      key === null ? null : JSON.stringify(key),
    ],
  );
}

/** A report tells of all that landed until now, and its run is not the last. */
export async function noteLandedAsTold(context: StageContext): Promise<void> {
  const table = lastingTable(context, "stage_landed");
  await affected(context, `update ${table} set untold_records = 0, untold_links = $1`, [JSON.stringify(NO_LINKS)]);
}
