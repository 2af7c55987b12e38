import { type EntityName, isEntity } from "../domain/entities";
import { parseFieldLabel } from "../domain/field-label";
import type { Job, Limits, Stream } from "../domain/job";
import { personalBy } from "../domain/personal-data";
import type { HoldEvidence } from "../domain/runs";
import type { DriftFrom, Population } from "../domain/weighing";
import type { Stage } from "./ports";
import { type Verdict, weighChanges, weighPopulation } from "./safeguard";
import { FIELD_FROM, weighField, worthWeighing } from "./weigh-fields";
import { weighRole } from "./weigh-role";

/** Who somebody is, whatever the mapping says of it, as a field or as an attribute. */
const PERSONAL = new Set(["username", "email", "display_name", "given_name", "family_name", "phone"]);

export interface Weighing {
  readonly stage: Stage;
  readonly job: Job;
  readonly streams: readonly Stream[];
  /** Those that were compared. */
  readonly believed: readonly Stream[];
  readonly isComplete: (stream: Stream) => boolean;
  /** Only what changed was read, so whoever was not read counts as seen. */
  readonly isIncremental: (stream: Stream) => boolean;
  /** The files were edited, nobody has looked at their plan, and nobody watches this run. */
  readonly isUnwatchedEdit: boolean;
}

/** Holds what a run would do to records beyond the limits of its source. What is over no limit lands. @returns why */
export async function holdRecords(weighing: Weighing): Promise<readonly HoldEvidence[]> {
  const { stage, streams, isComplete, job, isUnwatchedEdit } = weighing;
  const complete = new Map<EntityName, boolean>();
  for (const stream of streams) if (isEntity(stream.into)) complete.set(stream.into, isComplete(stream));
  const evidence: HoldEvidence[] = [];
  const incremental = new Set<string>(streams.filter(weighing.isIncremental).map(({ into }) => into));
  for (const read of await stage.weighRecords(complete)) {
    const population = incremental.has(read.entity) ? asSeen(read) : read;
    const { entity } = population;
    const limits = limitsOf(job, entity);
    // Until a source was read completely once, there is nothing to grow or to drift away from.
    const isKnown = (population.created > 0 || population.changed > 0) && (await stage.wasComplete());
    const weighed = isKnown ? population : { ...population, created: 0 };
    const verdicts = [...weighPopulation(weighed, limits, isUnwatchedEdit)];
    await hold(stage, verdicts);
    if (isKnown && population.changed >= FIELD_FROM) {
      const drifted = await driftedFields(weighing, entity, worthWeighing(population.before, limits), limits);
      await hold(stage, drifted);
      verdicts.push(...drifted);
    }
    const changed = verdicts.length === 0 ? population.changed : await stage.countUpdates(entity);
    const many = weighChanges(population, changed, limits);
    if (many !== null) {
      await hold(stage, [many]);
      verdicts.push(many);
    }
    evidence.push(...verdicts.map(evidenceOf));
  }
  return evidence;
}

/** The same of links: those that would end, and then, when that is known, those that give many the same role. */
export async function holdLinks(weighing: Weighing): Promise<readonly HoldEvidence[]> {
  const { stage, job, isUnwatchedEdit, believed, isComplete } = weighing;
  const read = { streams: believed, isComplete };
  await stage.holdReverted("revokes", read);
  const verdicts: Verdict[] = [];
  // Of the few who changed all may truly have lost their links.
  const readInFull = believed.filter((stream) => !weighing.isIncremental(stream)).map(({ name }) => name);
  for (const population of await stage.weighLinks(readInFull))
    verdicts.push(...weighPopulation(population, limitsOf(job, population.entity), isUnwatchedEdit));
  await hold(stage, verdicts);
  await stage.compareGrants();
  const reverted = await stage.holdReverted("grants", read);
  const growing: Verdict[] = [];
  for (const growth of await stage.weighRoles()) {
    const verdict = weighRole(growth, limitsOf(job, "user_roles"));
    if (verdict !== null) growing.push(verdict);
  }
  await hold(stage, growing);
  return [...reverted, ...[...verdicts, ...growing].map(evidenceOf)];
}

/** A field that drifts in several ways is held once, for the way that most of its records go. */
async function driftedFields(
  { stage, streams }: Weighing,
  entity: EntityName,
  from: DriftFrom,
  limits: Limits,
): Promise<Verdict[]> {
  const mappings = streams.filter((stream) => stream.into === entity).map(({ mapping }) => mapping);
  const isMarked = personalBy(mappings);
  const fields = new Map<string, Verdict>();
  for (const drift of await stage.weighFields(entity, from)) {
    const { field } = drift;
    const { name } = parseFieldLabel(field);
    const verdict = weighField(drift, limits, !PERSONAL.has(name) && !isMarked(name));
    if (verdict !== null && !fields.has(field)) fields.set(field, verdict);
  }
  return [...fields.values()];
}

const asSeen = (population: Population<EntityName>): Population<EntityName> => ({
  ...population,
  fetched: Math.max(population.fetched, population.before),
  known: Math.max(population.known, population.before),
});

async function hold(stage: Stage, verdicts: readonly Verdict[]): Promise<void> {
  for (const { entity, holds } of verdicts) await stage.hold(entity, holds);
}

const limitsOf = ({ safeguard }: Job, entity: Population["entity"]): Limits => safeguard.of[entity] ?? safeguard;

const evidenceOf = ({ holds: _holds, ...evidence }: Verdict): HoldEvidence => evidence;
