import { isEntity } from "../../domain/entities";
import type { Failure } from "../../domain/errors";
import { counted, grouped } from "../../domain/grouped";
import type { MappingVersion, StreamRename } from "../../domain/mapping-version";
import type { EntityCounts, LinkCounts, Outcome, Reject, RunReport } from "../../domain/runs";
import type { Beginning, StageCounts, Usage } from "../../domain/staging";
import type { HoldDecision } from "../../domain/weighing";
import type { Completeness } from "../completeness";
import type { Waiting } from "../confirm-absences";
import { passwordNotes } from "../passwords";
import { isHopeless } from "../read/stream-read";
import type { RunRequest } from "../run-request";
import { absentNotes, stillGoneNotes } from "./absent-notes";
import { beginningNotes } from "./beginning-notes";
import { reportHead } from "./report-head";

export interface RunFacts {
  readonly request: RunRequest;
  readonly usage: Usage;
  readonly beginning: Beginning;
  readonly counts: StageCounts;
  /** Entities whose records mostly differ although nothing that is mapped does. */
  readonly volatile: ReadonlySet<string>;
  readonly completeness: Completeness;
  /** By entity: records that are absent and stay. */
  readonly waiting: ReadonlyMap<string, Waiting>;
  /** Streams whose mapping was edited, and the latest run that still used the old one. */
  readonly edited: readonly { readonly version: MappingVersion; readonly since: number }[];
  /** Null when records landed, for they are in no change set. */
  readonly hash: string | null;
  readonly rejects: { readonly listed: readonly Reject[]; readonly total: number };
  /** What the job's `login` names as roles, and is none. */
  readonly missingRoles: readonly string[];
  readonly decision: HoldDecision;
  readonly renames: readonly StreamRename[];
  /** What is to be said of streams that can be read incrementally. */
  readonly incrementNotes: readonly string[];
  readonly failure: Failure | null;
}

/** The report of a run. Throws when the books do not balance, for that is a bug and nothing may be written. */
export function composeReport(facts: RunFacts, finishedAt: Date): RunReport {
  const { request, counts, completeness } = facts;
  const onePerson = request.options.user !== null;
  const entities: Record<string, EntityCounts | LinkCounts> = {};
  for (const { read, fetched, duplicates } of completeness.proofs) {
    const { into, name } = read.stream;
    const counted = counts.entities[into];
    if (!isEntity(into) || counted === undefined) continue;
    const reason = onePerson ? null : (completeness.reasons.get(name) ?? null);
    const { count: absent, again } = facts.waiting.get(into) ?? { count: 0, again: 0 };
    const entity: EntityCounts = {
      fetched,
      ...counted,
      duplicates,
      volatile: facts.volatile.has(into),
      absent,
      ...(again === 0 ? {} : { absentAgain: again }),
      complete: !onePerson && reason === null && read.pass.kind === "full",
      ...(read.pass.kind === "full" ? {} : { incremental: true as const }),
      incompleteBecause: reason,
    };
    checkBooks(into, entity);
    entities[into] = entity;
  }
  Object.assign(entities, counts.links);
  for (const { read } of onePerson ? [] : completeness.proofs) {
    const { into, name } = read.stream;
    const links = counts.links[into];
    const reason = completeness.reasons.get(name) ?? null;
    if (links !== undefined && reason !== null) entities[into] = { ...links, incompleteBecause: reason };
  }

  const { source } = request.job;
  return {
    ...reportHead({ ...request, source }, chooseOutcome(facts, onePerson), finishedAt),
    plan: facts.hash === null ? null : `p_${facts.hash.slice(0, 12)}`,
    requests: facts.usage.requests,
    bytes: facts.usage.bytes,
    entities,
    rejects: facts.rejects.listed,
    rejectsOmitted: facts.rejects.total - facts.rejects.listed.length,
    hold: facts.decision.hold,
    ...(facts.decision.heldBack === null ? {} : { heldBack: facts.decision.heldBack }),
    error: onePerson ? null : describeTrouble(facts),
    ...(counts.passwords === null ? {} : { passwords: counts.passwords }),
    notes: [
      ...beginningNotes(facts.beginning, request.run),
      ...landedNotes(facts),
      ...editedNotes(facts),
      ...facts.renames.map(
        ({ from, to }) => `\`${from}\` is called \`${to}\` now: what is kept of it goes on under that name`,
      ),
      ...missedNotes(facts.decision),
      ...facts.incrementNotes,
      ...completeness.reads.flatMap(({ stream, doubt }) => (doubt === null ? [] : [`\`${stream.name}\` ${doubt}`])),
      ...absentNotes(facts.waiting),
      ...stillGoneNotes(counts.stillGone),
      ...(counts.passwords === null ? [] : passwordNotes(counts.passwords, request.job)),
      ...facts.missingRoles.map((key) => `\`login\` names a role \`${key}\`, and there is none with that key`),
    ],
  };
}

function landedNotes({ counts }: RunFacts): readonly string[] {
  const landed = Object.entries(counts.landed).map(([entity, count]) => `${grouped(count)} ${entity}`);
  if (landed.length === 0) return [];
  return [`${landed.join(", ")} written as they were read, for there were none before: no plan holds them`];
}

/** What is let through is the set that was seen, and nothing else: somebody waits for it. */
function missedNotes({ missed }: HoldDecision): readonly string[] {
  if (missed === null) return [];
  const { run, count, again, others, isOver } = missed;
  const beside = others === 0 ? "" : `, with ${counted(others, "other")}`;
  const stands = isOver ? "" : "; it stands until it expires";
  return [
    `the release of run ${run} let nothing through: of its ${counted(count, "change")} ${again} are held again${beside}${stands}`,
  ];
}

const editedNotes = ({ edited }: RunFacts): readonly string[] =>
  edited.map(({ version, since }) => `the job or the mapping of \`${version.stream}\` was edited since run ${since}`);

/** The gravest of what applies: upstream and incomplete before held before rejects. */
function chooseOutcome(facts: RunFacts, onePerson: boolean): Outcome {
  if (!onePerson) {
    if (facts.failure !== null && isHopeless(facts.failure)) return "upstream";
    if ([...facts.completeness.reasons.values()].some((reason) => reason !== null)) return "incomplete";
  }
  if (facts.decision.hold !== null && facts.decision.news) return "held";
  return facts.rejects.total > 0 ? "rejects" : "ok";
}

function describeTrouble({ failure, completeness }: RunFacts): RunReport["error"] {
  if (failure !== null) return { code: failure.code, message: failure.message, fix: failure.fix };
  const stopped = completeness.proofs.find((stream) => stream.stopped);
  if (stopped !== undefined)
    return {
      code: "RUN006",
      message: `${stopped.brokenBecause}, so nothing of \`${stopped.read.stream.name}\` was applied`,
      fix: "the rejects say why: mend the mapping, or ask the upstream's people",
    };
  const first = [...completeness.reasons].find(([, reason]) => reason !== null);
  if (first === undefined) return null;
  return {
    code: "RUN005",
    message: `\`${first[0]}\` was not read completely: ${first[1]}`,
    // As true of a plan, and of what is held, as of what was applied.
    fix: `nothing counts as gone for being absent from it; everything else goes as usual. Run it again, or ask the upstream's people${completeness.hidesPeople(first[0]) ? LIST_ALL : ""}`,
  };
}

const LIST_ALL =
  "; if it stays so, the list leaves out some who are there: ask for all of them in `query`, or say in `deletes` which records mean that somebody is gone, such as `[sweep, 'status = \"inactive\"']`";

function checkBooks(entity: string, c: EntityCounts): void {
  const accounted = c.new + c.changed + c.same + c.restored + c.rejected + c.skipped;
  if (c.fetched !== accounted || c.after !== c.before + c.new + c.restored - c.gone)
    throw new Error(`the books of ${entity} do not balance: ${JSON.stringify(c)}`);
}
