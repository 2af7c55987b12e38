import type { Job, Stream } from "../domain/job";
import type { Log } from "../domain/log";
import { onceEach } from "../domain/once";
import { readsPasswords } from "../domain/passwords";
import { openMappers } from "./open-mappers";
import type { RunServices } from "./run-services";
import type { WorkServices } from "./work-services";

/** What a run has from the files of its source, whatever becomes of its stage. */
interface OpenJob {
  readonly services: Omit<RunServices, "stage" | "expected" | "now" | "tell" | "signal">;
  readonly close: () => Promise<void>;
}

/** The source that a job describes, ready to be read. An abort also ends an expression that takes its time. */
export async function openJob(
  job: Job,
  { openUpstream, compile, versionOf, maskOf, sealedUnder }: WorkServices,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<OpenJob> {
  const isSealing = job.streams.some(({ mapping }) => readsPasswords(mapping));
  const secret = isSealing ? await sealedUnder() : null;
  const upstream = openUpstream(job, log);
  const { mapperOf, close: closeMappers } = openMappers(job.streams, compile);
  signal.addEventListener("abort", closeMappers, { once: true });
  return {
    services: {
      upstream,
      mapperOf,
      versionOf: onceEach((stream: Stream) => versionOf(job, stream)),
      maskOf: onceEach((stream: Stream) => maskOf(job, stream)),
      sealedUnder: secret,
      log,
    },
    async close() {
      signal.removeEventListener("abort", closeMappers);
      await Promise.all([upstream.close(), closeMappers()]);
    },
  };
}
