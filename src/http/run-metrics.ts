import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { MirrorFacts } from "../domain/answers";
import type { RunReport } from "../domain/runs";
import { within } from "../domain/within";

/** What `/metrics` tells. */
export interface RunMetrics {
  readonly contentType: string;
  /** Counts a run that was worked in this process. */
  observe(report: RunReport): void;
  /** The text format of Prometheus. Without an answer from the mirror in time, what this process knows itself. */
  text(): Promise<string>;
}

/** Seconds. A resync of one person takes a tenth, the first load of a million some hours. */
const DURATIONS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400];
const RECORD_OUTCOMES = ["new", "changed", "same", "restored", "rejected", "skipped", "gone", "held"] as const;
const LINK_OUTCOMES = ["granted", "revoked", "held"] as const;
const PATIENCE = 2_000;

/**
 * Counters and durations are of the runs that this process worked; what the mirror and the queue hold is asked when Prometheus
 * asks, and is the same from every process.
 */
export function createRunMetrics({ facts }: { readonly facts: () => Promise<MirrorFacts> }): RunMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const runs = new Counter({
    ...{ name: "understudy_runs_total", help: "Runs worked by this process, by how they ended" },
    ...{ labelNames: ["source", "outcome", "trigger"] as const, registers },
  });
  const durations = new Histogram({
    ...{ name: "understudy_run_duration_seconds", help: "How long runs took, from their start to their end" },
    ...{ labelNames: ["source"] as const, buckets: DURATIONS, registers },
  });
  const records = new Counter({
    ...{ name: "understudy_records_total", help: "Records that runs met, by what became of them" },
    ...{ labelNames: ["source", "entity", "outcome"] as const, registers },
  });
  const links = new Counter({
    ...{ name: "understudy_links_total", help: "Links that runs granted, revoked or held" },
    ...{ labelNames: ["source", "kind", "outcome"] as const, registers },
  });
  const requests = new Counter({
    ...{ name: "understudy_requests_total", help: "Requests that runs made to customers' systems" },
    ...{ labelNames: ["source"] as const, registers },
  });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name: `understudy_${name}`, help, labelNames: [...labelNames], registers });
  const answers = gauge("mirror_up", "Whether the mirror and the queue answered when these numbers were asked for", []);
  const success = gauge("last_success_timestamp_seconds", "When a source was last read completely", ["source"]);
  const overdue = gauge("source_overdue", "1 when a source had no complete run for two of its intervals", ["source"]);
  const held = gauge("held_changes", "Changes that wait for a person", ["source"]);
  const rejects = gauge("rejected_records", "Records that are rejected until they are mended", ["source"]);
  const holdings = gauge("mirror_records", "Live records and links in the mirror", ["source", "name"]);
  const jobs = gauge("queue_jobs", "Jobs in the queue", ["state"]);
  const asked = [answers, success, overdue, held, rejects, holdings, jobs];

  function tell({ sources, queue }: MirrorFacts): void {
    for (const { source, lastComplete, counts, ...of } of sources) {
      if (lastComplete !== null) success.set({ source }, Math.floor(Date.parse(lastComplete) / 1000));
      overdue.set({ source }, of.overdue ? 1 : 0);
      held.set({ source }, of.heldChanges);
      rejects.set({ source }, of.rejects);
      for (const [name, count] of Object.entries(counts)) holdings.set({ source, name }, count);
    }
    for (const [state, count] of Object.entries(queue)) jobs.set({ state }, count);
  }

  return {
    contentType: registry.contentType,
    observe({ source, outcome, trigger, startedAt, finishedAt, entities, ...report }) {
      runs.inc({ source, outcome, trigger: trigger.kind });
      durations.observe({ source }, (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
      requests.inc({ source }, report.requests);
      for (const [name, counts] of Object.entries(entities)) {
        if ("granted" in counts)
          for (const word of LINK_OUTCOMES) links.inc({ source, kind: name, outcome: word }, counts[word]);
        else for (const word of RECORD_OUTCOMES) records.inc({ source, entity: name, outcome: word }, counts[word]);
      }
    },
    async text() {
      const answer = await within(PATIENCE, facts(), () => new Error("the mirror does not answer")).catch(() => null);
      // From here to `metrics()` without a pause, so that two that ask at once do not mix their answers. A source that is gone
      // must not live on in its numbers.
      for (const metric of asked) metric.reset();
      if (answer !== null) tell(answer);
      answers.set(answer === null ? 0 : 1);
      // The library writes `Nan` where the format says `NaN`: its delays of the event loop, before there was one.
      return (await registry.metrics()).replace(/ Nan$/gm, " NaN");
    },
  };
}
