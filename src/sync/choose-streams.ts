import type { Job, Stream } from "../domain/job";
import type { RunOptions } from "../domain/runs";

/** The named streams with their children and parents; for one person the stream of the users alone. */
export function chooseStreams(job: Job, { user, only }: Pick<RunOptions, "user" | "only">): readonly Stream[] {
  if (user !== null) return job.streams.filter((stream) => stream.into === "users");
  if (only === null) return job.streams;
  // Children are read with the pages of their parents, so neither goes without the other.
  const parents = new Set(job.streams.filter(({ name }) => only.includes(name)).map(({ name, each }) => each ?? name));
  return job.streams.filter(({ name, each }) => parents.has(each ?? name));
}
