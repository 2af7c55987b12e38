import { LISTED } from "../../domain/answers";
import type { App, SyncRequest } from "../../domain/app";
import { pause } from "../../domain/pause";
import { maskChanges } from "../../domain/personal-data";
import { EVERYTHING, type RunOptions } from "../../domain/runs";
import type { Jobs } from "../jobs";
import type { Adapters } from "../open/adapters";
import type { Runs } from "../runs";

/** How often a source that is being read is looked at, in milliseconds. */
const POLL_INTERVAL = 500;

type RunAnswers = Pick<App, "sync" | "detach" | "plan" | "runs" | "showRun" | "rekey" | "planRevert" | "revert">;

/** The runs that a person asks for, and what there is to say of them. */
export function createRunAnswers(
  { database, stores }: Pick<Adapters, "database" | "stores">,
  jobs: Jobs,
  runs: () => Runs,
): RunAnswers {
  async function untilFree(source: string, signal: AbortSignal): Promise<void> {
    const { sources } = await stores();
    while ((await sources.busyWith(source)) !== null && !signal.aborted) await pause(POLL_INTERVAL, signal);
  }

  return {
    async sync(request) {
      for (;;) {
        if (request.wait) await untilFree(request.source, request.signal);
        const report = await runs().start(request.source, { mode: "sync", ...askedOf(request) }, request);
        // Somebody else was quicker.
        if (report.outcome !== "busy" || !request.wait || request.signal.aborted) return report;
      }
    },
    detach: (request) => runs().detach(request.source, { mode: "sync", ...askedOf(request) }, request.trigger),
    async plan(request) {
      const { source } = request;
      const made = await runs().start(source, { mode: "plan", ...askedOf({ ...request, planId: null }) }, request);
      const { plans } = await stores();
      const isPersonal = await jobs.personalIn(source);
      const limit = request.full ? null : LISTED;
      const access = await plans.access(source, made.plan ?? "", limit);
      const changes = await plans.changes(source, made.plan ?? "", limit);
      // When the run failed before anything was planned there is nothing to apply: the id would be the hash of nothing.
      const report = made.error !== null && changes.total === 0 ? { ...made, plan: null } : made;
      return {
        report,
        ...maskChanges({ access: access.listed, changes: changes.listed }, isPersonal),
        accessTotal: access.total,
        changesTotal: changes.total,
        expiresAt: report.plan === null ? null : await plans.expiresAt(source, report.plan),
      };
    },
    async runs(filter) {
      if (filter.source !== null) await jobs.refuseUnknown(filter.source);
      return (await stores()).runs.list(filter);
    },
    showRun: async (run) => (await stores()).runs.summary(run),
    rekey: ({ source, entity, expect, ...follower }) =>
      runs().start(source, { mode: "rekey", ...EVERYTHING, rekey: { stream: entity, expect } }, follower),
    async planRevert({ full, ...request }) {
      const { source } = await (await stores()).runs.summary(request.run);
      const isPersonal = await jobs.personalIn(source);
      const loaded = require("../../mirror/rehearse") as typeof import("../../mirror/rehearse");
      const limit = full ? null : LISTED;
      const { facts, changes } = await loaded.rehearseRevert(await database(), { source, request, limit });
      const { access, accessTotal, changes: listed } = maskChanges(changes, isPersonal);
      return { source, ...request, ...facts, applied: false, access, accessTotal, listed };
    },
    async revert({ expect, trigger, onEvent, signal, ...request }) {
      const { source } = await (await stores()).runs.summary(request.run);
      const options = { mode: "revert", ...EVERYTHING, revert: { ...request, expect } } as const;
      return runs().start(source, options, { trigger, onEvent, signal });
    },
  };
}

type Asked = Pick<SyncRequest, "only" | "user" | "full" | "planId">;

const askedOf = ({ only, user, full, planId }: Asked): Pick<RunOptions, keyof Asked> => ({ only, user, full, planId });
