import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { Failure, type Problem } from "../domain/errors";
import { whyUnreadable } from "./read-file";
import { JOB_CODES, MAPPING_CODES } from "./yaml/entry";
import { SourceText } from "./yaml/source-text";

/** What lies in `jobs/` and `mappings/`. Paths are relative to the folder worked in, with `/` between. */
export interface ProjectFiles {
  /** Job files by source. */
  readonly jobs: ReadonlyMap<string, string>;
  /** By source, mapping files by stream. */
  readonly mappings: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Files that would be read under another name. */
  readonly misnamed: readonly string[];
  /** Why the folder of all jobs, of all mappings or of a source's mappings cannot be listed, by its path. */
  readonly unlisted: ReadonlyMap<string, Problem>;
}

const JOBS = "jobs";
const MAPPINGS = "mappings";

/**
 * Lists the files of a project; folders that do not exist hold nothing.
 *
 * @param only the source whose mappings are listed; those of all unless told
 */
export async function findFiles(home: string, only?: string): Promise<ProjectFiles> {
  const listing = new Listing(home);
  const jobs = await listing.filesIn(JOBS);
  const mappings = new Map<string, ReadonlyMap<string, string>>();
  for (const entry of await listing.entriesOf(MAPPINGS)) {
    if (only !== undefined && entry.name !== only) continue;
    // Under a source's name a link is followed, and what is no folder is a mistake.
    if (entry.isDirectory() || jobs.has(entry.name))
      mappings.set(entry.name, await listing.filesIn(`${MAPPINGS}/${entry.name}`));
  }
  const { misnamed, unlisted } = listing;
  return { jobs, mappings, misnamed, unlisted };
}

/**
 * Lists the job files alone, by source.
 *
 * @throws Failure CFG002 when they cannot be listed
 */
export async function findJobFiles(home: string): Promise<ProjectFiles["jobs"]> {
  const listing = new Listing(home);
  const jobs = await listing.filesIn(JOBS);
  const why = listing.unlisted.get(JOBS);
  if (why === undefined) return jobs;
  throw new Failure(why.code, `${join(home, JOBS)}: ${why.message}`, why.hint === null ? {} : { fix: why.hint });
}

/** Why the mappings of a source are not known; null when they are. */
export const whyUnlisted = (source: string, { unlisted }: ProjectFiles): Problem | null =>
  unlisted.get(MAPPINGS) ?? unlisted.get(`${MAPPINGS}/${source}`) ?? null;

class Listing {
  readonly misnamed: string[] = [];
  readonly unlisted = new Map<string, Problem>();

  constructor(private readonly home: string) {}

  async filesIn(folder: string): Promise<ReadonlyMap<string, string>> {
    const files = new Map<string, string>();
    for (const entry of await this.entriesOf(folder)) {
      const { name } = entry;
      // Also a folder of that name: reading it will report that it is no file.
      if (extname(name) === ".yaml") files.set(name.slice(0, -".yaml".length), `${folder}/${name}`);
      else if (!entry.isDirectory() && /\.(yml|ya?ml\.txt|json|yaml)$/i.test(name))
        this.misnamed.push(`${folder}/${name}`);
    }
    return files;
  }

  /** Entries of a folder in a stable order, without hidden ones and those that editors leave behind. */
  async entriesOf(folder: string): Promise<readonly Dirent[]> {
    const path = join(this.home, folder);
    try {
      const entries = await readdir(path, { withFileTypes: true });
      return entries.filter(({ name }) => !name.startsWith(".")).sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      const { why, fix, isAbsent } = whyUnreadable(error, path);
      if (isAbsent) return [];
      const { syntax: code } = folder === JOBS ? JOB_CODES : MAPPING_CODES;
      const message = `the files in this folder cannot be listed: ${why}`;
      this.unlisted.set(folder, new SourceText(folder, "").problem({ code, message, start: 0, length: 1, hint: fix }));
      return [];
    }
  }
}
