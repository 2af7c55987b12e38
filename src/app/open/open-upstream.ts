import type { Job } from "../../domain/job";
import type { Log } from "../../domain/log";
import type { Upstream } from "../../domain/upstream";
import type { Outgoing } from "../../upstream/http/outgoing";

/**
 * The HTTP client is loaded when a customer's system is first asked: loading it is a good part of what a short command
 * takes.
 */
export function openUpstream(
  job: Job,
  { log, outgoing }: { readonly log: Log; readonly outgoing: Outgoing },
): Upstream {
  const { createUpstream } =
    require("../../upstream/create-upstream") as typeof import("../../upstream/create-upstream");
  return createUpstream({ job, log, outgoing });
}
