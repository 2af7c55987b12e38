import { join } from "node:path";
import { hasErrors, type Problem } from "../domain/errors";
import type { NotifyTarget } from "../domain/notify";
import { checkNotifyShape } from "./check-shape";
import { findJobFiles } from "./find-files";
import { readNotify } from "./job/read-notify";
import type { ProjectOptions } from "./load-project";
import { readText } from "./load-source";
import { Variables } from "./variables";
import { JOB_CODES } from "./yaml/entry";
import { parseYaml } from "./yaml/parse-yaml";

/** Whom to tell about a source, as far as that can be known. */
export interface NotifyFile {
  /** False when the source has no job file any more. */
  readonly isThere: boolean;
  readonly targets: readonly NotifyTarget[];
  /** What is wrong with `notify` itself; mistakes elsewhere in the file do not count, for they are what is to be told. */
  readonly problems: readonly Problem[];
}

/** `notify:` of one source alone; no targets where there is no file or a mistake in them. */
export async function loadNotify(
  { home, env }: Pick<ProjectOptions, "home" | "env">,
  source: string,
): Promise<NotifyFile> {
  const file = (await findJobFiles(home)).get(source);
  if (file === undefined) return { isThere: false, targets: [], problems: [] };
  const problems: Problem[] = [];
  const text = readText(join(home, file), file, JOB_CODES, problems);
  const entry = text === null ? null : (parseYaml(file, text, JOB_CODES, problems)?.get("notify") ?? null);
  if (entry !== null) checkNotifyShape(entry);
  const targets = readNotify(entry, new Variables(env, home, true));
  const isBroken = hasErrors(problems);
  return { isThere: true, targets: isBroken ? [] : targets, problems };
}
