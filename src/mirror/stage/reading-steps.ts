import type { EntityName, Into } from "../../domain/entities";
import type { Stream } from "../../domain/job";
import type { LandingRequest } from "../../domain/landing";
import type { StreamRename } from "../../domain/mapping-version";
import type { EntityMet, Progress, StagedPage } from "../../domain/staging";
import { analyzeLanded } from "./apply/analyze-tables";
import { noteMet, readDigests } from "./digests";
import { awaitsRelease } from "./judge/decide-hold";
import { countLive, knownMappings } from "./known-mappings";
import type { FirstLoads } from "./land/first-loads";
import { wasLookedAt } from "./looked-at";
import { readPages } from "./remembered-pages";
import { renameStreams } from "./rename/rename-streams";
import type { StageBatches } from "./stage-batches";
import type { StageContext } from "./stage-context";
import type { StageLifetime } from "./stage-lifetime";
import { wasComplete } from "./was-complete";
import { readIncrementFacts } from "./watermarks";
import type { WriteTransaction } from "./write-transaction";

interface Collaborators {
  readonly batches: StageBatches;
  readonly firstLoads: FirstLoads;
  readonly lifetime: StageLifetime;
  readonly transaction: WriteTransaction;
}

/** What is asked before anything is read, and how what is read gets onto the stage. */
export const readingSteps = (context: StageContext, { batches, firstLoads, lifetime, transaction }: Collaborators) => ({
  knownMappings: () => knownMappings(context),
  countLive: (into: Into) => countLive(context, into),
  renameStreams: (renames: readonly StreamRename[]) => renameStreams(context, renames),
  supposeRenamed: (renames: readonly StreamRename[]) => void context.supposedRenames.push(...renames),
  incrementFacts: () => readIncrementFacts(context),
  awaitsRelease: (which?: { readonly orExpired: boolean }) => awaitsRelease(context, which),
  wasLookedAt: (files: string) => wasLookedAt(context, files),

  begin: (fingerprint: string) => batches.begin(fingerprint),
  allowLanding: (request: LandingRequest) => firstLoads.allow(request),
  wasComplete: () => batches.ask(() => wasComplete(context)),
  digests: (entity: EntityName, fingerprint: string) => batches.ask(() => readDigests(context, entity, fingerprint)),
  pages: (stream: string) => batches.ask(() => readPages(context, stream)),
  add: (page: StagedPage) => batches.add(page),
  noteParentRead: (stream: Stream, key: string) => batches.noteParentRead(stream.name, key),
  noteProgress: (progress: Progress) => batches.noteProgress(progress),
  /** Writes what was added until now; for who measures that. */
  written: () => batches.writeAll(),
  async endReading({ isToBeResumed }: { readonly isToBeResumed: boolean }): Promise<void> {
    const isKept = isToBeResumed && batches.isResumable;
    await (isKept ? batches.writeAll() : batches.writeDue());
    await analyzeLanded(context);
    await transaction.begin();
    if (isKept) await lifetime.keep();
    await batches.copyRest();
    await context.contents.look(context);
  },
  noteMet: (met: readonly EntityMet[]) => noteMet(context, met),
});
