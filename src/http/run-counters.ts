import { Histogram, type Registry } from "prom-client";
import type { RunReport } from "../domain/runs";
import { counterIn } from "./counter-in";

/** Seconds. A resync of one person takes a tenth, the first load of a million some hours. */
const DURATIONS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400];
const RECORD_OUTCOMES = ["new", "changed", "same", "restored", "rejected", "skipped", "gone", "held"] as const;
const LINK_OUTCOMES = ["granted", "revoked", "held"] as const;

/** What the runs of this process came to. Counters begin at 0 with the process; Prometheus's `rate` knows that. */
export function createRunCounters(registry: Registry): (report: RunReport) => void {
  const registers = [registry];
  const counter = counterIn(registry);
  const runs = counter("runs_total", "Runs worked by this process, by how they ended", [
    "source",
    "outcome",
    "trigger",
  ]);
  const durations = new Histogram({
    name: "understudy_run_duration_seconds",
    help: "How long runs took, from their start to their end",
    labelNames: ["source"] as const,
    buckets: DURATIONS,
    registers,
  });
  const recordsHelp = "Records that runs met, by what became of them";
  const records = counter("records_total", recordsHelp, ["source", "entity", "outcome"]);
  const links = counter("links_total", "Links that runs granted, revoked or held", ["source", "kind", "outcome"]);
  const requests = counter("requests_total", "Requests that runs made to customers' systems", ["source"]);

  return ({ source, outcome, trigger, startedAt, finishedAt, entities, ...report }) => {
    runs.inc({ source, outcome, trigger: trigger.kind });
    // A clock that was set back must not make the sum shrink.
    durations.observe({ source }, Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
    requests.inc({ source }, report.requests);
    for (const [name, counts] of Object.entries(entities)) {
      if ("granted" in counts)
        for (const word of LINK_OUTCOMES) links.inc({ source, kind: name, outcome: word }, counts[word]);
      else for (const word of RECORD_OUTCOMES) records.inc({ source, entity: name, outcome: word }, counts[word]);
    }
  };
}
