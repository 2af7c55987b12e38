import { Gauge, type Registry } from "prom-client";
import type { MirrorFacts } from "../domain/answers";
import { UPSTREAM_STATES } from "../domain/offline";

/**
 * What the mirror and the queue hold. Every number is set anew, for a source that is gone must not live on in its numbers;
 * null, when there was no answer, leaves none: an old one would pass for a new one.
 */
export function createMirrorGauges(registry: Registry): (facts: MirrorFacts | null) => void {
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name: `understudy_${name}`, help, labelNames: [...labelNames], registers: [registry] });
  const up = gauge("mirror_up", "Whether the mirror and the queue answered when these numbers were asked for", []);
  const success = gauge("last_success_timestamp_seconds", "When a source was last read completely", ["source"]);
  const overdue = gauge("source_overdue", "1 when a source had no complete run for two of its intervals", ["source"]);
  const held = gauge("held_changes", "Changes that wait for a person", ["source"]);
  const rejects = gauge("rejected_records", "Records that are rejected until they are mended", ["source"]);
  const holdings = gauge("mirror_records", "Live records and links in the mirror", ["source", "name"]);
  const active = gauge("offline_active", "People who were let in within 30 days", ["source"]);
  const ready = gauge("offline_ready", "Of those: who could be let in without the customer's system", ["source"]);
  const ending = gauge("offline_ending", "Of the ready ones: whose time is over within 48 hours", ["source"]);
  const upstream = gauge(
    "login_upstream",
    "1 for how logins find the customer's system: asked, out of reach, or a drill",
    ["source", "state"],
  );
  const jobs = gauge("queue_jobs", "Jobs in the queue", ["state"]);

  return (facts) => {
    for (const one of [success, overdue, held, rejects, holdings, active, ready, ending, upstream, jobs]) one.reset();
    up.set(facts === null || facts.queue === null ? 0 : 1);
    if (facts === null) return;
    for (const { source, lastComplete, counts, ...of } of facts.sources) {
      if (lastComplete !== null) success.set({ source }, Math.floor(Date.parse(lastComplete) / 1000));
      overdue.set({ source }, of.overdue ? 1 : 0);
      held.set({ source }, of.heldChanges);
      rejects.set({ source }, of.rejects);
      for (const [name, count] of Object.entries(counts)) holdings.set({ source, name }, count);
      if (of.offline === null) continue;
      active.set({ source }, of.offline.active);
      ready.set({ source }, of.offline.ready);
      ending.set({ source }, of.offline.ending);
      for (const state of UPSTREAM_STATES) upstream.set({ source, state }, of.offline.upstream === state ? 1 : 0);
    }
    for (const [state, count] of Object.entries(facts.queue ?? {})) jobs.set({ state }, count);
  };
}
