import type { ClientBase } from "pg";
import { type EntityName, type Into, isEntity, LINK_KINDS, type LinkKind } from "../../domain/entities";
import type { Stream } from "../../domain/job";
import type { KeyPair, RekeyRequest } from "../../domain/rekey";
import type { HoldEvidence, RunReport } from "../../domain/runs";
import type { ApplyRequest, MappedStream, MetChunk, Population, RecordCounts, StagedPage } from "../../domain/staging";
import { analyzeAfterMany, applyChanges, writeAudit } from "./apply-changes";
import { compareGrants, compareRevokes, disregardLinks } from "./compare-links";
import { compareRecords, findKnownPresent, listAbsences, withdrawAbsences } from "./compare-records";
import { copyPage } from "./copy-page";
import { countLinks, countRecords, listRejects } from "./count-changes";
import { keepDigests, noteMet, readDigests } from "./digests";
import { checkAfter, endRun, keepAbsences, keepHold, keepRejects, keepRemovals } from "./keep-books";
import { keepRawRecords } from "./keep-raw-records";
import { countLive, knownMappings } from "./known-mappings";
import { keepMappings, nameCauses } from "./name-causes";
import { keepPlan, takePlan } from "./plans";
import { rejectConflicts } from "./reject-conflicts";
import { acceptKey, renameKeys } from "./rename-keys";
import { settleStage } from "./settle-stage";
import { createStageTables } from "./stage-tables";
import { decideHold, type HoldTransition, hashChanges, holdChanges, weighLinks, weighRecords } from "./weigh-changes";
import { pairKeys, weighRekey } from "./weigh-rekey";
import { writeTransaction } from "./write-transaction";

const NO_TRANSITION: HoldTransition = { hold: null, news: false, opens: false, closes: null, released: false };

/**
 * Opens the staging area of one run on a database session that nobody else uses until the run ends. What its methods do is
 * said at the port in `sync/ports.ts`; each is one file beside this one.
 */
export async function openStage(client: ClientBase, run: { run: number; source: string; fence: number }) {
  const context = { client, ...run };
  await createStageTables(context);
  let ord = 0;
  let staging: Promise<void> = Promise.resolve();
  let transition = NO_TRANSITION;

  /** One after the other on the one session. Whoever adds waits for what was added before, so little piles up. */
  function stageNext(work: () => Promise<void>): Promise<void> {
    const before = staging;
    staging = before.then(work);
    // Told by the next `add`, or by `staged`.
    staging.catch(() => undefined);
    return before;
  }

  return {
    add(page: StagedPage): Promise<void> {
      const first = ord;
      ord += page.records.length + 1;
      return stageNext(() => copyPage(context, page, first));
    },
    parentRead: (stream: Stream, parentKey: string): Promise<void> =>
      stageNext(async () => {
        await client.query("insert into stage_parents (stream, key) values ($1, $2)", [stream.name, parentKey]);
      }),
    staged: (): Promise<void> => staging,
    digests: (entity: EntityName, fingerprint: string) => readDigests(context, entity, fingerprint),
    met: (entity: EntityName, chunks: readonly MetChunk[]) => noteMet(context, entity, chunks),
    async settle(stream: Stream, known: { pageOf(id: number): number | null; unmeet(id: number): void }) {
      if (!isEntity(stream.into)) return { distinct: 0, duplicates: 0 };
      return settleStage(context, stream.into, stream.name, known);
    },
    disregardLinks: (stream: Stream) => disregardLinks(context, stream),
    async compareRecords(stream: Stream, sweep: boolean): Promise<void> {
      if (isEntity(stream.into)) await compareRecords(context, stream.into, stream, sweep);
    },
    absences: (entity: EntityName) => listAbsences(context, entity),
    knownPresent: (entity: EntityName) => findKnownPresent(context, entity),
    withdrawAbsences: (entity: EntityName, keys: readonly string[] | null, remember: boolean) =>
      withdrawAbsences(context, entity, keys, remember),
    compareRevokes: (streams: readonly Stream[], swept: ReadonlySet<string>) => compareRevokes(context, streams, swept),
    async rejectConflicts(streams: readonly Stream[]): Promise<void> {
      await rejectConflicts(context, (entity) => streams.find((stream) => stream.into === entity)?.name ?? entity);
    },
    compareGrants: () => compareGrants(context),
    knownMappings: () => knownMappings(context),
    countLive: (into: Into) => countLive(context, into),
    nameCauses: (streams: readonly MappedStream[]) => nameCauses(context, streams),
    async weigh(kind: "records" | "links", complete: ReadonlyMap<string, boolean>): Promise<readonly Population[]> {
      const weights: Population[] = [];
      if (kind === "links") {
        // What is empty or shrinks among links is judged by the records that state them.
        for (const links of LINK_KINDS) weights.push({ ...(await weighLinks(context, links)), complete: false });
      } else {
        for (const [into, isComplete] of complete)
          if (isEntity(into as EntityName))
            weights.push({ ...(await weighRecords(context, into as EntityName)), complete: isComplete });
      }
      return weights;
    },
    hold: (entity: EntityName | LinkKind, what: "removals" | "changes") => holdChanges(context, entity, what),
    async decideHold(evidence: readonly HoldEvidence[], conclusive: boolean) {
      transition = await decideHold(context, evidence, { conclusive, letThrough: true });
      return { hold: transition.hold, news: transition.news };
    },
    async count(streams: readonly Stream[]) {
      const entities: Record<string, RecordCounts> = {};
      for (const stream of streams)
        if (isEntity(stream.into)) entities[stream.into] = await countRecords(context, stream.into, stream);
      return { entities, links: await countLinks(context) };
    },
    hash: () => hashChanges(context, "not held"),
    rejects: (limit: number) => listRejects(context, limit),
    async apply(request: ApplyRequest): Promise<RunReport> {
      const applied = await writeTransaction(context, async () => {
        await applyChanges(context);
        await writeAudit(context, request.actor, request.reason);
        await keepRejects(context, request);
        await keepAbsences(context, request.streams);
        await keepRemovals(context, transition.released);
        await keepHold(context, transition);
        await keepMappings(context, request.actor);
        await keepRawRecords(context, request);
        await keepDigests(context, request.fingerprints, (entity) => streamOf(request.job, entity));
        await checkAfter(context, request.after);
        const report = request.report();
        await endRun(context, report, request.completeAt);
        return report;
      });
      await analyzeAfterMany(context);
      return applied;
    },
    pairKeys: (pairs: readonly KeyPair[]): Promise<void> => stageNext(() => pairKeys(context, pairs)),
    weighRekey: ({ into }: RekeyRequest["stream"]) => weighRekey(context, into),
    applyRekey: (request: RekeyRequest): Promise<RunReport> =>
      writeTransaction(context, async () => {
        await renameKeys(context, request);
        await acceptKey(context, request);
        const report = request.report();
        await endRun(context, report, null);
        return report;
      }),
    conclude: (report: RunReport): Promise<void> => writeTransaction(context, () => endRun(context, report, null)),
    async storePlan(id: string, hash: string, report: RunReport): Promise<void> {
      await writeTransaction(context, async () => {
        await keepPlan(context, id, hash, report);
        await endRun(context, report, null);
      });
    },
    async loadPlan(id: string): Promise<{ report: RunReport; wholeSource: boolean }> {
      const { report, wholeSource } = await takePlan(context, id);
      transition = await decideHold(context, report.hold?.evidence ?? [], { conclusive: false, letThrough: false });
      return { report: { ...report, hold: transition.hold }, wholeSource };
    },
  };
}

/** An entity has one stream, whatever that is called. */
const streamOf = ({ streams }: ApplyRequest["job"], entity: EntityName): string | null =>
  streams.find(({ into }) => into === entity)?.name ?? null;
