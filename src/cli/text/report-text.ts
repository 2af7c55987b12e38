import { plain } from "../../domain/plain";
import { ENDED, type EntityCounts, type LinkCounts, type Outcome, type RunReport } from "../../domain/runs";
import { heldBackLines } from "./held-back-lines";
import { holdText } from "./hold-text";
import { columns, counted, elapsed, firstFew, grouped, indented, inSections, rejectedName } from "./layout";
import { revertedLines } from "./reverted-lines";
import type { Palette } from "./terminal";

const REJECTS_SHOWN = 10;

/** Of runs that ended with nothing done although the customer's system was there, by the code of their error. */
const ANSWERED: Readonly<Record<string, readonly [ending: string, remark: string]>> = {
  UPS016: ["changed nothing", "the customer's system says nothing of that person"],
  UPS020: ["changed nothing", "the customer's system answered with another person"],
  UPS021: ["changed nothing", "the customer's system has no such person"],
  RUN008: ["renamed nothing", "the list was not read completely"],
};

/** How a run ended, in the words of its headline: before and after the time it took. */
const ENDINGS: Readonly<Record<Outcome, (report: RunReport) => readonly [ending: string, remark?: string]>> = {
  ok: () => [ENDED.ok],
  rejects: (report) => [`finished with ${counted(report.rejects.length + report.rejectsOmitted, "reject")}`],
  held: ({ hold, heldBack, rekey }) =>
    rekey === undefined
      ? [`finished with ${counted((heldBack ?? hold)?.count ?? 0, "change")} held`]
      : ["has looked", "nothing was renamed"],
  incomplete: (report) => [ENDED.incomplete, removalsOf(report)],
  upstream: (report) => ANSWERED[report.error?.code ?? ""] ?? [ENDED.upstream, removalsOf(report)],
  busy: () => [ENDED.busy, "the source is already being read"],
  store: () => [ENDED.store, "the state is safe"],
  drift: ({ revert }) => [ENDED.drift, revert === undefined ? "the plan no longer matches" : "something changed since"],
  interrupted: () => [ENDED.interrupted, "the state is safe"],
  failed: () => [ENDED.failed],
};

/** The books of a run, its rejects and what it holds. The error of a failed run is told on standard error instead. */
export function reportText(report: RunReport, palette: Palette): string {
  const { run, source, outcome, startedAt, finishedAt } = report;
  const [ended, remark] = ENDINGS[outcome](report);
  const ending = [`${ended} in ${elapsed(startedAt, finishedAt)}`, ...(remark === undefined ? [] : [remark])].join(
    ", ",
  );
  const paint = outcome === "ok" ? palette.green : report.error === null ? palette.yellow : palette.red;
  const sections = [
    [`${palette.bold(`run ${run}  ${source}`)}  ${paint(ending)}`, ...indented(books(report))],
    indented(remarks(report)),
    report.revert?.applied === true ? revertedLines(report.revert, palette) : [],
    rejectLines(report, `understudy show ${run} -o jsonl`),
    [...heldBackLines(report, palette), ...otherHoldLines(report)],
    report.hold === null ? [] : [holdText(report.hold, palette)],
  ];
  return inSections(sections);
}

/** The hold told below is not this run's. */
const otherHoldLines = ({ heldBack, hold }: RunReport): readonly string[] =>
  heldBack === undefined || hold === null ? [] : [`  the hold of run ${hold.run} is over other changes, and stays:`];

/** Each list is proved by itself: beside one that broke off, others were whole, and `deletes` speaks of records that came. */
function removalsOf({ entities }: RunReport): string {
  const isUntouched = Object.values(entities).every((counts) => (isLinks(counts) ? counts.revoked : counts.gone) === 0);
  return isUntouched ? "nothing was removed" : "nothing counts as gone for being absent from an incomplete list";
}

const isLinks = (counts: EntityCounts | LinkCounts): counts is LinkCounts => "granted" in counts;

/**
 * `fetched = new + changed + same + …` and `mirror before + new + restored - gone = after`, entity under entity.
 * With one entity only, its name says nothing and is left out. Nor do books say
 * anything whose every term is 0.
 */
export function books({ entities, error = null }: Pick<RunReport, "entities"> & Partial<Pick<RunReport, "error">>) {
  const all = Object.entries(entities);
  const told = all.filter(([, counts]) =>
    Object.values(counts).some((count) => typeof count === "number" && count > 0),
  );
  // When all went well, that there was nothing is an answer, too.
  const rows = (told.length > 0 || error !== null ? told : all).flatMap(([name, counts]) =>
    isLinks(counts) ? linkRows(name, counts) : entityRows(name, counts),
  );
  return columns(all.length === 1 ? rows.map((row) => row.slice(1)) : rows);
}

type Term = readonly [sign: string, word: string, count: number];

function entityRows(name: string, counts: EntityCounts): readonly (readonly string[])[] {
  const read: readonly Term[] = [
    ["+", "new", counts.new],
    ["+", "changed", counts.changed],
    ["+", "same", counts.same],
    ["+", "restored", counts.restored],
    ["+", "rejected", counts.rejected],
    ["+", "skipped", counts.skipped],
  ];
  const kept: readonly Term[] = [
    ["+", "new", counts.new],
    ["+", "restored", counts.restored],
    ["-", "gone", counts.gone],
  ];
  const [, ...sum] = terms(read);
  return [
    [name, `fetched ${grouped(counts.fetched)}`, ...(sum.length === 0 ? [] : ["=", ...sum])],
    ["", `mirror  ${grouped(counts.before)}`, ...terms(kept), "=", grouped(counts.after)],
  ];
}

function linkRows(name: string, counts: LinkCounts): readonly (readonly string[])[] {
  const kept: readonly Term[] = [
    ["+", "granted", counts.granted],
    ["-", "revoked", counts.revoked],
  ];
  return [[name, `links   ${grouped(counts.before)}`, ...terms(kept), "=", grouped(counts.after)]];
}

const terms = (all: readonly Term[]): readonly string[] =>
  all.flatMap(([sign, word, count]) => (count === 0 ? [] : [sign, `${word} ${grouped(count)}`]));

/** What the books do not show. */
function remarks({ entities, notes, error }: RunReport): readonly string[] {
  const all = Object.entries(entities);
  const incomplete = new Map<string, string[]>();
  for (const [name, counts] of all) {
    const reason = counts.incompleteBecause ?? null;
    // A run for one person reads nothing else, and says so by itself.
    if (reason === null) continue;
    incomplete.set(reason, [...(incomplete.get(reason) ?? []), name]);
  }
  return [
    ...[...incomplete].map(
      // The run's own error is told once, by itself.
      ([reason, names]) =>
        `not read completely: ${names.join(", ")}${reason === error?.message ? "" : `; ${plain(reason)}`}`,
    ),
    ...all.flatMap(([name, counts]) => remarksOn(name, counts)),
    ...notes.map(plain),
  ];
}

function remarksOn(name: string, counts: EntityCounts | LinkCounts): readonly string[] {
  const told: readonly (readonly [count: number, remark: string])[] = isLinks(counts)
    ? [[counts.dangling, "dangling: without effect until both ends are there"]]
    : [
        [counts.absent - (counts.absentAgain ?? 0), "absent for the first time; kept until a second witness"],
        [counts.absentAgain ?? 0, "absent again; kept, for nothing has proved yet that they are gone"],
        [counts.duplicates, "met again on a later page"],
        [counts.healed, "healed: rejected before, and no longer"],
        [counts.deactivated ?? 0, "rejected, but may no longer sign in, as their records say"],
      ];
  return [
    ...told.flatMap(([count, remark]) => (count === 0 ? [] : [`${name}: ${grouped(count)} ${remark}`])),
    ...(isLinks(counts) || !counts.volatile ? [] : [`${name}: ${VOLATILE}`]),
  ];
}

const VOLATILE =
  "most records came otherwise than at the read before, but not in any mapped field; if that repeats, name what changes under `ignore`";

/** @param rest the command that shows what is left out here */
export function rejectLines(
  { rejects, rejectsOmitted }: Pick<RunReport, "rejects" | "rejectsOmitted">,
  rest: string,
): readonly string[] {
  if (rejects.length === 0) return [];
  const rows = columns(
    rejects.map((reject) => ["", `${reject.entity} ${rejectedName(reject)}`, reject.code, reject.reason]),
  );
  const limits = {
    limit: REJECTS_SHOWN,
    total: rejects.length + rejectsOmitted,
    rest,
  };
  return ["rejected; each keeps its old state:", ...firstFew(rows, limits, (row) => [row])];
}
