import { type EntityName, isEntity } from "../domain/entities";
import { parseFieldLabel } from "../domain/field-label";
import type { HoldEvidence } from "../domain/holds";
import type { Limits } from "../domain/job";
import { markedBy } from "../domain/personal-data";
import type { DriftFrom, Population } from "../domain/weighing";
import type { Completeness } from "./completeness";
import { holdExcess, type Judging, limitsOf } from "./judge/hold-excess";
import { type Verdict, weighChanges, weighPopulation } from "./judge/safeguard";
import { weighEndingLinks } from "./judge/weigh-ending-links";
import { FIELD_FROM, weighField, worthWeighing } from "./judge/weigh-fields";
import type { ComparingStage } from "./ports";

/**
 * Compares the records that were read with the mirror, and holds changes that a person has undone before or that are beyond a
 * limit. Records that conflict with others are rejected before the limits are applied, so that nothing is held that could not go
 * anyway.
 *
 * @returns why anything is held
 */
export async function compareAndJudgeRecords(judging: Judging): Promise<readonly HoldEvidence[]> {
  const { stage, completeness } = judging;
  await compareRecords(completeness, stage);
  const reverted = await stage.holdReverted("records", {
    streams: completeness.believed,
    isComplete: (stream) => completeness.isComplete(stream),
  });
  await stage.rejectConflicts(completeness.streams);
  return [...reverted, ...(await judgeRecords(judging))];
}

async function compareRecords(completeness: Completeness, stage: ComparingStage): Promise<void> {
  for (const stream of completeness.recordStreams) {
    const isComplete = completeness.isComplete(stream);
    if (completeness.isBesideList(stream)) await stage.leaveGone(stream);
    const { known = null, removed = null } = completeness.readOf(stream) ?? {};
    const isSwept = isComplete && stream.deletes.absence !== "never";
    await stage.compareRecords(stream, isSwept, known, isComplete ? (removed ?? []) : []);
  }
}

async function judgeRecords(judging: Judging): Promise<readonly HoldEvidence[]> {
  const { stage, completeness } = judging;
  const complete = new Map<EntityName, boolean>();
  const incremental = new Set<EntityName>();
  for (const stream of completeness.streams) {
    if (!isEntity(stream.into)) continue;
    complete.set(stream.into, completeness.isComplete(stream));
    if (completeness.isIncremental(stream)) incremental.add(stream.into);
  }
  const evidence: HoldEvidence[] = [];
  for (const weighed of await stage.weighRecords(complete)) {
    const population = incremental.has(weighed.entity) ? asSeen(weighed) : weighed;
    evidence.push(...(await judgeEntity(population, judging)));
  }
  evidence.push(...(await judgeEndingLinks(judging)));
  return evidence;
}

/** Comes before links are compared: with a role that stays, its links stay, and are asked for like any others. */
async function judgeEndingLinks({ stage, job }: Judging): Promise<readonly HoldEvidence[]> {
  const verdicts: Verdict[] = [];
  for (const ending of await stage.weighEndingLinks()) {
    const verdict = weighEndingLinks(ending, limitsOf(job, ending.kind));
    if (verdict !== null) verdicts.push(verdict);
  }
  return holdExcess(stage, verdicts);
}

async function judgeEntity(population: Population<EntityName>, judging: Judging): Promise<readonly HoldEvidence[]> {
  const { stage, job, isUnwatchedEdit } = judging;
  const { entity } = population;
  const limits = limitsOf(job, entity);
  // Until a source was read completely once, there is nothing to grow or to drift away from.
  const isKnown = (population.created > 0 || population.changed > 0) && (await stage.wasComplete());
  const weighed = isKnown ? population : { ...population, created: 0 };
  const evidence = [...(await holdExcess(stage, weighPopulation(weighed, limits, isUnwatchedEdit)))];
  if (isKnown && population.changed >= FIELD_FROM) {
    const drifted = await driftedFields(judging, entity, worthWeighing(population.before, limits), limits);
    evidence.push(...(await holdExcess(stage, drifted)));
  }
  // Changes that are held by now are not counted again.
  const changed = evidence.length === 0 ? population.changed : await stage.countUpdates(entity);
  const tooMany = weighChanges(population, changed, limits);
  if (tooMany !== null) evidence.push(...(await holdExcess(stage, [tooMany])));
  return evidence;
}

/** Where only changes were asked for, records that were not read count as seen. */
const asSeen = (population: Population<EntityName>): Population<EntityName> => ({
  ...population,
  fetched: Math.max(population.fetched, population.before),
  known: Math.max(population.known, population.before),
});

/** Names of fields and attributes that tell who a person is, even if their mapping does not mark them as personal. */
const PERSONAL = new Set(["username", "email", "display_name", "given_name", "family_name", "phone"]);

/** A field that drifts in several ways is held once, for the way that most of its records go. */
async function driftedFields(
  { stage, completeness }: Judging,
  entity: EntityName,
  from: DriftFrom,
  limits: Limits,
): Promise<readonly Verdict[]> {
  const mappings = completeness.streams.filter((stream) => stream.into === entity).map(({ mapping }) => mapping);
  const isMarked = markedBy(mappings);
  const fields = new Map<string, Verdict>();
  for (const drift of await stage.weighFields(entity, from)) {
    const { field } = drift;
    const { name } = parseFieldLabel(field);
    const verdict = weighField(drift, limits, !PERSONAL.has(name) && !isMarked(name));
    if (verdict !== null && !fields.has(field)) fields.set(field, verdict);
  }
  return [...fields.values()];
}
