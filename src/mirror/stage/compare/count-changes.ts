import type { ChangeKind } from "../../../domain/changes";
import { type EntityName, type Into, isEntity, LINK_KINDS, type LinkKind } from "../../../domain/entities";
import type { Stream } from "../../../domain/job";
import type { LinkCounts, Reject } from "../../../domain/runs";
import type { RecordCounts, RejectList, StageCounts } from "../../../domain/staging";
import { countMet, isMet } from "../digests";
import {
  countLandedDangling,
  countLandedLinks,
  countLandedRecords,
  countUntoldLinks,
  isKeyLanded,
  isLanded,
} from "../land/landed";
import { numberOf, rowsOf, type StageContext } from "../stage-context";
import { STATED, WAS_READ } from "../stage-tables";
import { countHealed } from "./keep-rejects";

/** Changes of one entity or kind of link, by kind: how many go through, how many are held. */
type Tally = ReadonlyMap<string, { readonly going: number; readonly held: number }>;

/** What becomes of the records of these streams. */
export async function countRecords(
  context: StageContext,
  streams: readonly Stream[],
): Promise<StageCounts["entities"]> {
  const counts: Record<string, RecordCounts> = {};
  for (const { into, name } of streams) if (isEntity(into)) counts[into] = await countEntity(context, into, name);
  return counts;
}

async function countEntity(context: StageContext, entity: EntityName, stream: string): Promise<RecordCounts> {
  const counted = await countStaged(context, entity, stream);
  const { met, staged, changed, withdrawn, otherwise, deactivated } = counted;
  const tally = await tallyOf(context, entity, "cause <> 'conflict'");
  const going = (kind: ChangeKind): number => tally.get(kind)?.going ?? 0;
  // What landed before an interruption is met by the run that resumes, or withdrawn, and new to the reader of the report.
  const untold = Math.min(context.untold.get(entity)?.records ?? 0, met + otherwise);
  const landed = countLandedRecords(context, entity) + untold;
  const [created, restored] = [going("create"), going("restore")];
  // Landed by an earlier run that this one did not resume, and withdrawn now: gone from the mirror.
  const disowned = Math.max(0, withdrawn - landed);
  const arrived = created + landed - (withdrawn - disowned);
  const gone = going("tombstone") + disowned;
  const before = (await context.before()).records[entity] - untold;
  return {
    unparsed: met - untold,
    new: arrived,
    changed,
    same: met - untold + staged - created - restored - changed - (disowned - otherwise),
    restored,
    rejected: counted.rejected,
    ...(deactivated === 0 ? {} : { deactivated }),
    healed: counted.healed,
    skipped: counted.skipped,
    gone,
    held: heldOf(tally),
    before,
    after: before + arrived + restored - gone,
  };
}

/** Records of one entity, as they are counted before it is reckoned what that comes to. */
interface Staged {
  readonly staged: number;
  readonly met: number;
  readonly rejected: number;
  readonly healed: number;
  readonly skipped: number;
  /** Any of its fields or lists changed. */
  readonly changed: number;
  readonly deactivated: number;
  /** Taken out of the mirror again for a conflict. */
  readonly withdrawn: number;
  /** Those of the withdrawn that came otherwise than they had landed: neither met nor landed by this run. */
  readonly otherwise: number;
}

async function countStaged(context: StageContext, entity: EntityName, stream: string): Promise<Staged> {
  const isOther = (key: string): string => `not ${isKeyLanded(context, entity, key)}`;
  const [counted] = await rowsOf<Staged>(
    context,
    `select (select count(*) from stage_${entity} s where ${isOther("s.key")}) as staged,
            ${countMet("$2")}::bigint as met,
            (select count(*) from stage_rejects where entity = $2 and ${WAS_READ}) as rejected,
            ${countHealed(context, entity, "$4")} as healed,
            (select count(*) from stage_skips where entity = $2) as skipped,
            (select count(*) from changes
              where entity = $2 and kind = 'update' and cause <> 'rejected' and not held and ${isOther("changes.key")})
              + (select count(distinct l.owner) from changes l
                 where starts_with(l.origin, $3) and l.${STATED} and not l.held and ${isOther("l.owner")}
                   and l.owner not in (select r.key from changes r where r.entity = $2 and not r.held)) as changed,
            (select count(*) from changes where entity = $2 and cause = 'rejected' and not held) as deactivated,
            (select count(*) from changes where entity = $2 and cause = 'conflict') as withdrawn,
            (select count(*) from changes c join mirror.${entity} m on m.source = $1 and m.key = c.key
              where c.entity = $2 and c.cause = 'conflict' and not ${isMet(entity)} and not ${isLanded(context, entity)}) as otherwise
     -- $1 must appear even where nothing above uses it.
     from (select $1::text) as source`,
    [context.source, entity, `${stream}.`, stream],
  );
  if (counted === undefined) throw new Error("a count gave no row");
  return counted;
}

/** Changes that wait for a person. */
const heldOf = (tally: Tally): number => [...tally.values()].reduce((sum, { held }) => sum + held, 0);

export async function countLinks(context: StageContext): Promise<Readonly<Record<string, LinkCounts>>> {
  const counts: Record<string, LinkCounts> = {};
  for (const kind of LINK_KINDS) {
    const tally = await tallyOf(context, kind, STATED);
    const landed = countLandedLinks(context, kind);
    const before = (await context.before()).links[kind].all - countUntoldLinks(context, kind);
    const granted = (tally.get("grant")?.going ?? 0) + landed;
    const revoked = tally.get("revoke")?.going ?? 0;
    const held = heldOf(tally);
    if (before + granted + held === 0) continue;
    counts[kind] = {
      granted,
      revoked,
      held,
      dangling: await countDangling(context, kind),
      before,
      after: before + granted - revoked,
    };
  }
  return counts;
}

/** Links one of whose ends does not live, as it will be after this run. */
async function countDangling(context: StageContext, kind: LinkKind): Promise<number> {
  const before = await context.before();
  return numberOf(
    context,
    `select $2::bigint + (select coalesce(sum(case
              when ${STATED} and kind = 'grant' and not effective then 1
              when ${STATED} and kind = 'revoke' and not effective then -1
              when cause = 'end-gone' then 1
              when cause = 'end-returned' then -1
              else 0 end), 0)
             from changes where entity = $1 and not held)`,
    [kind, before.links[kind].dangling + countLandedDangling(context, kind)],
  );
}

async function tallyOf(context: StageContext, entity: Into, condition: string): Promise<Tally> {
  const rows = await rowsOf<{ kind: string; going: number; held: number }>(
    context,
    `select kind, count(*) filter (where not held) as going, count(*) filter (where held) as held
     from changes where entity = $1 and ${condition} group by kind`,
    [entity],
  );
  return new Map(rows.map(({ kind, ...counts }) => [kind, counts]));
}

export async function listRejects(context: StageContext, limit: number): Promise<RejectList> {
  const rows = await rowsOf<Omit<Reject, "place"> & { place: string | null; total: number }>(
    context,
    `select entity, key, case when key is null then record end as place, field, code, reason, count(*) over () as total
     from stage_rejects order by entity, key collate "C" nulls first, page, ord limit $1`,
    [limit],
  );
  return {
    listed: rows.map(({ total: _total, place, ...reject }) => (place === null ? reject : { ...reject, place })),
    total: rows[0]?.total ?? 0,
  };
}
