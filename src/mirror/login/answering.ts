import { Failure } from "../../domain/errors";

/** Nobody reads the local administrators from anywhere. `$1` source. */
export const ANSWERS = `
  select where $1 = 'local'
    or exists (select from sync.sources where source = $1 and first_complete_at is not null and retired_at is null)`;

export interface AnsweringRow {
  readonly answers: boolean;
  readonly retired_at: string | null;
}

/** One row, also of a source that nobody knows. */
export const ANSWERING = {
  name: "whether a source answers",
  text: `
  select exists (${ANSWERS}) as answers, (select retired_at from sync.sources where source = $1) as retired_at`,
};

/** @throws Failure USE005 while the source answers no questions; one that was retired says when in its data, and will not by waiting */
export function refuseSilent(source: string, row: AnsweringRow | undefined): void {
  if (row?.answers === true) return;
  const retiredAt = row?.retired_at ?? null;
  if (retiredAt === null) throw silent(source);
  throw new Failure("USE005", `\`${source}\` was retired at ${retiredAt}, so it answers no questions any more`, {
    fix: `a complete run with a job file brings it back: understudy sync ${source}`,
    data: { retiredAt },
  });
}

/** For whom a job file lets sign in: with it there is a run to come, also of a source that was retired before. */
export const silent = (source: string): Failure =>
  new Failure("USE005", `\`${source}\` answers no questions: it was never read completely, or was retired`, {
    fix: `see why: understudy status; or read it: understudy sync ${source}`,
  });
