import { ENTITY_NAMES, type EntityName } from "../../domain/entities";
import type { Beginning, EntityMet, NotResumed, StreamState, Usage } from "../../domain/staging";
import { checkFence, overtaken } from "../fence";
import { inTransaction } from "../transaction";
import { awaitsRelease } from "./judge/decide-hold";
import { COUNT_NOTED, landedAreKnown, meetLanded } from "./land/meet-landed";
import { lastingTable } from "./lasting-stage";
import { affected, numberOf, rowsOf, type StageContext } from "./stage-context";
import { creating, READ_TABLES } from "./stage-tables";

/** How far a run has come, as it is remembered. */
export interface Checkpoint {
  readonly fingerprint: string;
  readonly streams: readonly StreamState[];
  /** Of the run itself. */
  readonly usage: Usage;
  /** Rows of the stage from this number on do not count. */
  readonly ord: number;
  /** Rows of the stage that count, those of what was met and of what landed included. */
  readonly rows: number;
  /** Of these the rows that tell what landed, where it is an earlier run's. */
  readonly landed: number;
  /** Noted together with it. */
  readonly met: readonly EntityMet[];
}

/** A run this long after the last checkpoint reads everything again: nobody knows what was moved meanwhile. */
const GOOD_FOR = "1 hour";

/** Outcomes of runs that a next one may go on from; how a run ended whose process died is told by others. */
const INTERRUPTED = ["interrupted", "store", "upstream"];

interface CheckpointRow {
  readonly [column: string]: unknown;
  readonly run: number;
  readonly fingerprint: string;
  readonly ord: number;
  readonly rows: number;
  readonly streams: readonly StreamState[];
  readonly outcome: string | null;
  readonly isOther: boolean;
  readonly isLate: boolean;
  readonly isWritten: boolean;
}

/** One statement, which is a transaction when none is open: the fence, what was met, and the checkpoint. */
export async function keepCheckpoint(context: StageContext, checkpoint: Checkpoint): Promise<void> {
  const { fingerprint, streams, usage, ord, rows, met } = checkpoint;
  const chunks = met.flatMap(({ entity, chunks: those }) => those.map((chunk) => ({ entity, ...chunk })));
  const kept = await affected(
    context,
    `with fenced as (select from sync.sources where source = $1 and fence = $2 for key share),
     met as (
       insert into stage_met (entity, chunk, met)
       select noted.* from fenced, unnest($10::text[], $11::bigint[], $12::bytea[]) as noted
       on conflict (entity, chunk) do update set met = excluded.met
     )
     insert into sync.checkpoints (source, run, making, at, requests, bytes, ord, rows, streams)
     select $1, $3, $4, now(), $5, $6, $7, $8, $9 from fenced
     on conflict (source) do update
     set run = excluded.run, making = excluded.making, at = excluded.at, requests = excluded.requests,
         bytes = excluded.bytes, ord = excluded.ord, rows = excluded.rows, streams = excluded.streams`,
    [
      context.source,
      context.fence,
      context.run,
      fingerprint,
      usage.requests,
      usage.bytes,
      ord,
      rows,
      JSON.stringify(streams),
      chunks.map(({ entity }) => entity),
      chunks.map(({ chunk }) => chunk),
      chunks.map((one) => one.met),
    ],
  );
  if (kept === 0) throw overtaken(context.source);
}

/** What an interrupted run left, where it can be resumed; otherwise the stage is emptied. */
export async function takeCheckpoint(
  context: StageContext,
  fingerprint: string,
): Promise<Beginning & { readonly checkpoint: Checkpoint | null }> {
  const [found] = await rowsOf<CheckpointRow>(
    context,
    `select c.run, c.making as fingerprint, c.ord, c.rows, c.streams, r.outcome,
            (r.mode, r.options ->> 'only', r.options ->> 'full') is distinct from (mine.mode, mine.options ->> 'only', mine.options ->> 'full') as "isOther",
            c.at < now() - interval '${GOOD_FOR}' as "isLate", c.written_by is not null as "isWritten"
     from sync.checkpoints c join sync.runs r on r.id = c.run join sync.runs mine on mine.id = $2 where c.source = $1`,
    [context.source, context.run],
  );
  const because = found === undefined ? null : await whyNot(context, found, fingerprint);
  if (found === undefined || because !== null) {
    await clearStage(context);
    const notFrom =
      found === undefined || because === null || !wasInterrupted(context, found) ? null : { run: found.run, because };
    return { earlier: null, notFrom, checkpoint: null };
  }
  const { streams } = found;
  const { usage, rows } = await takeOver(context, found);
  const met = await readMet(context);
  const landed = await numberOf(context, "select count(*) from stage_landed");
  const checkpoint = { fingerprint, streams, usage, met, landed, ord: found.ord, rows };
  return { earlier: { run: found.run, streams, usage, met }, notFrom: null, checkpoint };
}

/** Also this very run, when it lost its session on the way. */
const wasInterrupted = ({ run }: StageContext, found: CheckpointRow): boolean =>
  INTERRUPTED.includes(found.outcome ?? "") || found.run === run;

async function whyNot(context: StageContext, found: CheckpointRow, fingerprint: string): Promise<NotResumed | null> {
  if (found.isOther || !wasInterrupted(context, found)) return "asked";
  if (found.fingerprint !== fingerprint) return "edited";
  if (found.isLate) return "late";
  if (found.isWritten) return "written";
  if (found.run !== context.run && (await awaitsRelease(context))) return "released";
  const staged = READ_TABLES.map((table) => `(select count(*) from ${table} where ord < $1)`);
  const counted = `select ${COUNT_NOTED} + ${staged.join(" + ")}`;
  if ((await numberOf(context, counted, [found.ord])) !== found.rows) return "gone";
  return (await landedAreKnown(context)) ? null : "gone";
}

/**
 * What was staged after the checkpoint is read again, and what landed counts as met. From here on it is this run that may be interrupted, if it is another.
 *
 * @returns what the runs before this one asked, and how many rows of the stage count
 */
async function takeOver(
  context: StageContext,
  { ord, streams }: CheckpointRow,
): Promise<{ readonly usage: Usage; readonly rows: number }> {
  return inTransaction(context.client, async () => {
    await checkFence(context);
    for (const table of READ_TABLES) await affected(context, `delete from ${table} where ord >= $1`, [ord]);
    const more = await meetLanded(
      context,
      streams.map(({ stream }) => stream),
    );
    const [taken] = await rowsOf<{ requests: number; bytes: number; rows: number }>(
      context,
      `update sync.checkpoints set run = $2, rows = rows + $3,
         earlier_requests = earlier_requests + case run when $2 then 0 else requests end,
         earlier_bytes = earlier_bytes + case run when $2 then 0 else bytes end
       where source = $1 returning earlier_requests as requests, earlier_bytes as bytes, rows`,
      [context.source, context.run, more],
    );
    const { requests = 0, bytes = 0, rows = 0 } = taken ?? {};
    return { usage: { requests, bytes }, rows };
  });
}

async function readMet(context: StageContext): Promise<readonly EntityMet[]> {
  const rows = await rowsOf<{ entity: EntityName; chunk: number; met: Buffer }>(context, "table stage_met");
  return ENTITY_NAMES.map((entity) => ({
    entity,
    chunks: rows.filter((row) => row.entity === entity).map(({ chunk, met }) => ({ chunk, met })),
  }));
}

/** Empties the stage, and nobody goes on from it any more. */
export async function clearStage(context: StageContext): Promise<void> {
  const cleared = await affected(
    context,
    `with fenced as (select from sync.sources where source = $1 and fence = $2 for key share),
     forgotten as (delete from sync.checkpoints where source = $1)
     select sync.empty_stage() from fenced`,
    [context.source, context.fence],
  );
  if (cleared === 0) throw overtaken(context.source);
}

/** Marks the checkpoint of an interrupted run: what that staged was never compared with what this run writes. */
export async function noteWritten({ client, source, run }: StageContext): Promise<void> {
  await client.query("update sync.checkpoints set written_by = $2 where source = $1", [source, run]);
}

/**
 * Forgets the checkpoint where this run withdrew somebody over the name of another: a run that resumed from it would count them as
 * met, and would not read them again.
 */
export async function forgetWithdrawn({ client, source }: StageContext): Promise<void> {
  await client.query(
    "delete from sync.checkpoints where source = $1 and exists (select from changes where kind = 'tombstone' and cause = 'conflict')",
    [source],
  );
}

/** From here on the session works on a copy of what was read, and the stage itself stays as it is. */
export async function copyStage(context: StageContext): Promise<void> {
  await context.client.query(creating("temporary"));
  for (const table of [...READ_TABLES, "stage_met"])
    await context.client.query(`insert into pg_temp.${table} table ${lastingTable(context, table)}`);
}
