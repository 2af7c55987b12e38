import type { KnownPages, SettledReading, SettledRecords } from "../../../domain/comparing";
import type { EntityName } from "../../../domain/entities";
import { DIFFERS } from "../../../domain/mapping";
import { RECORDS_IN_CHUNK } from "../../../domain/staging";
import { isMet } from "../digests";
import { settleLanded } from "../land/settle-landed";
import { affected, numberOf, rowsOf, type StageContext } from "../stage-context";
import { dropOvertaken } from "./drop-overtaken";
import { placeOf, rejectTorn } from "./reject-torn";

/**
 * Makes the stage of one entity hold every key once. A key met on several pages keeps what the latest page said; a key that is
 * rejected anywhere keeps its old state; a key that is skipped on one page and mapped on another is mapped. In a change feed the
 * latest page counts whatever it says, and what it overtakes is no duplicate. Below several parents none is the latest.
 */
export async function settleStage(
  context: StageContext,
  entity: EntityName,
  stream: string,
  reading: SettledReading,
): Promise<SettledRecords> {
  const stage = `stage_${entity}`;
  const { contents } = context;
  // A record that is not there cannot be there twice.
  const isAnybodyStaged = [stage, "stage_rejects", "stage_skips"].some((table) => contents.mayHold(table));
  const overtaken = isAnybodyStaged && reading.isFeed ? await dropOvertaken(context, entity, stream) : 0;
  const repeated = isAnybodyStaged ? await dropRepeated(context, entity, stream, reading) : NOTHING;
  const landed = await settleLanded(context, entity);
  const duplicates = repeated.rows + landed.duplicates;
  if (duplicates + overtaken > 0) await dropOrphanedLinks(context, entity, stream);
  const staged = `select (select count(*) from ${stage})
    + (select count(distinct key) from stage_rejects where entity = $1)
    + (select count(*) from stage_skips where entity = $1)`;
  const distinct = isAnybodyStaged ? await numberOf(context, staged, [entity]) : 0;
  return { distinct: distinct + landed.distinct, duplicates, overtaken, repeatedAt: repeated.at, torn: repeated.torn };
}

/** Of what has no keys. */
export const NOTHING_SETTLED: SettledRecords = { distinct: 0, duplicates: 0, overtaken: 0, repeatedAt: null, torn: 0 };

/** Rows dropped, and where one of them was. */
interface Repeated {
  readonly rows: number;
  readonly at: string | null;
}

const NOTHING = { rows: 0, at: null, torn: 0 };

async function dropRepeated(
  context: StageContext,
  entity: EntityName,
  stream: string,
  { known, parentOf }: SettledReading,
): Promise<Repeated & Pick<SettledRecords, "torn">> {
  const stage = `stage_${entity}`;
  // Of a reject whose record also came otherwise nothing is believed.
  await context.client.query(
    `update stage_rejects r set inactive = null
     where r.entity = '${entity}' and r.inactive is not null and (
       exists (select from ${stage} s where s.key = r.key)
       or exists (select from mirror.${entity} m where m.source = $1 and m.key = r.key and ${isMet(entity)}))`,
    [context.source],
  );
  const met = await settleMet(context, entity, stream, known);
  const torn = parentOf === null ? 0 : await rejectTorn(context, entity, stream, parentOf);
  if (torn > 0) await dropOrphanedLinks(context, entity, stream);
  const rejected =
    (await affected(
      context,
      `delete from stage_rejects r using stage_rejects later
       where r.entity = $1 and later.entity = $1 and r.key = later.key and r.page < later.page`,
      [entity],
    )) +
    (await affected(context, `delete from ${stage} s using stage_rejects r where r.entity = $1 and r.key = s.key`, [
      entity,
    ]));
  const [staged] = await rowsOf<{ rows: number; key: string; page: number; last: number }>(
    context,
    `with dropped as (
       delete from ${stage} s
       using (select key, max(ord) as latest, max(page) as last from ${stage} group by key having count(*) > 1) met_again
       where s.key = met_again.key and s.ord < met_again.latest
       returning s.key, s.page, met_again.last
     )
     select count(*) over ()::integer as rows, key, page, last from dropped order by page, key collate "C" limit 1`,
  );
  const skipped = await affected(
    context,
    `delete from stage_skips k
     where k.entity = $1
       and (exists (select from ${stage} s where s.key = k.key)
         or exists (select from stage_rejects r where r.entity = $1 and r.key = k.key)
         or exists (select from stage_skips later where later.entity = $1 and later.key = k.key and later.page > k.page))`,
    [entity],
  );
  return {
    torn,
    rows: met.rows + rejected + (staged?.rows ?? 0) + skipped,
    at:
      staged === undefined
        ? met.at
        : `\`${staged.key}\` came ${placeOf(staged.page, parentOf)} and again ${placeOf(staged.last, parentOf)}`,
  };
}

/** A record that was met as it is known, and also came otherwise. */
interface MetTwice {
  /** The local one. */
  readonly id: number;
  readonly key: string;
  /** Where it came otherwise, and as what. */
  readonly page: number;
  readonly as: "record" | "reject" | "skip";
}

/** Settles records that were met as they are known, and otherwise in another place. */
async function settleMet(
  context: StageContext,
  entity: EntityName,
  stream: string,
  known: KnownPages,
): Promise<Repeated> {
  const twice = await rowsOf<MetTwice & Record<string, unknown>>(
    context,
    `with known as materialized (
       select m.id, m.key, s.page, s.as
       from (
         select key, page, 'record' as as from stage_${entity}
         union all select key, page, 'reject' from stage_rejects where entity = '${entity}' and key is not null
         union all select key, page, 'skip' from stage_skips where entity = '${entity}' and key is not null
       ) s
       join mirror.${entity} m on m.source = $1 and m.key = s.key
     )
     select m.* from known m where ${isMet(entity)}`,
    [context.source],
  );
  if (twice.length === 0) return NOTHING;
  const judged = judgeTwice(twice, known);
  for (const { id, key } of twice) if (judged.unmet.has(key)) known.unmeet(id);
  await writeJudged(context, entity, stream, judged);
  const { dropped, unmet, twins, at } = judged;
  // Twins are rejected, both.
  return { rows: dropped.length + unmet.size - 2 * twins.length, at };
}

interface Judged {
  /** What came otherwise does not count. */
  readonly dropped: readonly { readonly key: string; readonly page: number }[];
  /** Keys of those that do not count as met. */
  readonly unmet: ReadonlySet<string>;
  /** Keys that stood twice on one page. */
  readonly twins: readonly string[];
  /** Where one of them was that came on two pages. */
  readonly at: string | null;
}

/**
 * Of two on one page nobody can tell which is true. Else the later page counts, a reject in any case, and being left out in none.
 */
function judgeTwice(twice: readonly MetTwice[], known: Pick<KnownPages, "pageOf">): Judged {
  const dropped: { readonly key: string; readonly page: number }[] = [];
  const unmet = new Set<string>();
  const twins: string[] = [];
  let at: string | null = null;
  for (const { id, key, page, as } of twice) {
    const metOn = known.pageOf(id) ?? 0;
    if (page !== metOn) at ??= `\`${key}\` came on page ${page}, and as it was before on page ${metOn}`;
    if (as === "record" && page === metOn) twins.push(key);
    if (as === "reject" || (as === "record" && page >= metOn)) unmet.add(key);
    if (as === "skip" || (as === "record" && page <= metOn)) dropped.push({ key, page });
  }
  return { dropped, unmet, twins, at };
}

async function writeJudged(
  context: StageContext,
  entity: EntityName,
  stream: string,
  { dropped, unmet, twins }: Judged,
): Promise<void> {
  // Of one key there may be others, on later pages.
  const places = [dropped.map(({ key }) => key), dropped.map(({ page }) => page)];
  const ofUsers = entity === "users" && context.contents.mayHold("stage_passwords") ? ["stage_passwords"] : [];
  for (const table of [`stage_${entity}`, "stage_skips", ...ofUsers])
    await context.client.query(
      `delete from ${table} s using unnest($1::text[], $2::integer[]) as dropped (key, page)
       where s.key = dropped.key and s.page = dropped.page${table === "stage_skips" ? ` and s.entity = '${entity}'` : ""}`,
      places,
    );
  await context.client.query(
    // All of a chunk at once, for a row is updated once.
    `update stage_met k set met = sync.without_bits(k.met, unmet.slots)
     from (
       select m.id / ${RECORDS_IN_CHUNK} as chunk, array_agg((m.id % ${RECORDS_IN_CHUNK})::integer) as slots
       from mirror.${entity} m where m.source = $1 and m.key = any ($2) group by 1
     ) unmet
     where k.entity = '${entity}' and k.chunk = unmet.chunk`,
    [context.source, [...unmet]],
  );
  await context.client.query(
    `insert into stage_rejects (stream, entity, record, key, field, code, reason, page)
     select $1, '${entity}', key, key, null, '${DIFFERS.code}', $3, 0 from unnest($2::text[]) as twin (key), generate_series(1, 2)`,
    [stream, twins, DIFFERS.reason],
  );
}

/** A list belongs to one row of the stage; when that row is dropped, so is its list. */
export async function dropOrphanedLinks(context: StageContext, entity: EntityName, stream: string): Promise<void> {
  await context.client.query(
    `delete from stage_links l
     where starts_with(l.origin, $1) and not exists (select from stage_${entity} s where s.ord = l.ord)`,
    [`${stream}.`],
  );
}
