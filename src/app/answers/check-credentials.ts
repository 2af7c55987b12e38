import type { DoctorCheck } from "../../domain/answers";
import { Failure, REPORT_BUG } from "../../domain/errors";
import { inParallel } from "../../domain/in-parallel";
import type { Job } from "../../domain/job";
import { NO_RUN } from "../../domain/runs";
import type { Jobs } from "../jobs";
import type { Adapters } from "../open/adapters";

/** Customers' systems that are asked at once. */
const AT_ONCE = 8;
/** Milliseconds for one of them. */
const TIMEOUT = 10_000;

/**
 * Whether customers' systems take our credentials: each is asked for its first page, once. Sources with mistakes in
 * their files are left out: `check` reports those. A bug that one of them brings to light keeps no other from being told.
 */
export async function checkCredentials(
  { openUpstream, log }: Pick<Adapters, "openUpstream" | "log">,
  jobs: Pick<Jobs, "names" | "load">,
): Promise<readonly DoctorCheck[]> {
  const sources = await jobs.names();
  const checks = new Map<string, DoctorCheck>();
  const look = async (source: string): Promise<DoctorCheck | null> => {
    const job = await jobs.load(source).catch((error: unknown) => {
      if (error instanceof Failure) return null;
      throw error;
    });
    return job === null ? null : { name: "credentials", ...(await ask(job, openUpstream)) };
  };
  await inParallel(AT_ONCE, sources, async (source) => {
    const check = await look(source).catch((error: unknown): DoctorCheck => {
      log.debug("a source could not be looked at", { source, error });
      const said = error instanceof Error ? error.message : String(error);
      return { name: "bug", state: "error", message: `${source}: this is a bug: ${said}`, fix: REPORT_BUG };
    });
    if (check !== null) checks.set(source, check);
  });
  return sources.flatMap((source) => checks.get(source) ?? []);
}

async function ask(job: Job, openUpstream: Adapters["openUpstream"]): Promise<Omit<DoctorCheck, "name">> {
  const { source, http, streams } = job;
  const [stream] = streams.filter(({ each }) => each === null);
  if (stream === undefined) return { state: "ok", message: `${source} is asked for nothing`, fix: null };
  const once = { ...http.retry, statuses: [], serverErrors: false, network: false };
  const upstream = openUpstream({ ...job, http: { ...http, retry: once } });
  const signal = AbortSignal.timeout(TIMEOUT);
  try {
    for await (const _first of upstream.pages({ stream, parent: null, run: NO_RUN, signal })) break;
    return { state: "ok", message: `${source} answers`, fix: null };
  } catch (error) {
    if (signal.aborted)
      return { state: "warning", message: `${source} did not answer within ${TIMEOUT / 1_000} s`, fix: null };
    if (!(error instanceof Failure)) throw error;
    // Anything else that is wrong with its answer says nothing about our credentials.
    const state = error.code === "UPS005" ? "error" : "warning";
    return { state, message: `${source}: ${error.message}`, fix: error.fix };
  } finally {
    await upstream.close();
  }
}
