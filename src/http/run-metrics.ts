import { collectDefaultMetrics, Registry } from "prom-client";
import type { MirrorFacts } from "../domain/answers";
import { type Log, silentLog } from "../domain/log";
import type { RunReport } from "../domain/runs";
import { shareLook } from "../domain/share-look";
import { createLoginMetrics, type Hashing, type LoginMetrics, NO_HASHES } from "./login-metrics";
import { createMirrorGauges } from "./mirror-gauges";
import { createRunCounters } from "./run-counters";

/** What `/metrics` tells. */
export interface RunMetrics {
  readonly contentType: string;
  /** Counts a run that was worked in this process. */
  observe(report: RunReport): void;
  /** Counts what the API answers. */
  readonly logins: LoginMetrics;
  /** The text format of Prometheus. Without an answer from the mirror in time, what this process knows itself. */
  text(): Promise<string>;
}

interface RunMetricsOptions {
  readonly facts: () => Promise<MirrorFacts>;
  /** Of this process; none unless told. */
  readonly hashing?: () => Promise<Hashing>;
  /** Told once per outage that the facts could not be had. */
  readonly log?: Log;
}

/** Milliseconds for one look. */
const TIMEOUT = 2_000;
/** Gauges named as if they were counters, which lints of Prometheus object to; they are sums of others that are told. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

/**
 * Counters and durations are of the runs that this process worked; what the mirror and the queue hold is asked when Prometheus
 * asks, and is the same from every process.
 */
export function createRunMetrics({
  facts,
  hashing = async () => NO_HASHES,
  log = silentLog,
}: RunMetricsOptions): RunMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const observe = createRunCounters(registry);
  const setGauges = createMirrorGauges(registry);
  const trouble = "the mirror could not be asked for its metrics";
  const look = shareLook(facts, { timeout: TIMEOUT, freshFor: 0, log, trouble });

  return {
    contentType: registry.contentType,
    observe,
    logins: createLoginMetrics(registry, hashing),
    async text() {
      const answer = await look();
      // From here to `metrics()` without a pause, so that two that ask do not mix their answers.
      setGauges(answer);
      // The library writes `Nan` where the format says `NaN`: its delays of the event loop, before there was one.
      return (await registry.metrics()).replace(/ Nan$/gm, " NaN");
    },
  };
}
