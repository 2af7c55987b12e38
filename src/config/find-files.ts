import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";

/** What lies in `jobs/` and `mappings/`. Paths are relative to the folder worked in, with `/` between. */
export interface ProjectFiles {
  /** Job files by source. */
  readonly jobs: ReadonlyMap<string, string>;
  /** By source, mapping files by stream. */
  readonly mappings: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Files that would be read under another name. */
  readonly misnamed: readonly string[];
}

/** Lists the files of a project; folders that do not exist hold nothing. */
export async function findFiles(home: string): Promise<ProjectFiles> {
  const misnamed: string[] = [];
  const jobs = await filesIn(home, "jobs", misnamed);
  const folders = await entriesOf(join(home, "mappings"), (entry) => entry.isDirectory());
  const mappings = new Map<string, ReadonlyMap<string, string>>();
  for (const { name } of folders) mappings.set(name, await filesIn(home, `mappings/${name}`, misnamed));
  return { jobs, mappings, misnamed };
}

/** Lists the job files alone, by source. */
export const findJobFiles = (home: string): Promise<ProjectFiles["jobs"]> => filesIn(home, "jobs", []);

async function filesIn(home: string, folder: string, misnamed: string[]): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const { name } of await entriesOf(join(home, folder), (entry) => !entry.isDirectory())) {
    if (extname(name) === ".yaml") files.set(name.slice(0, -".yaml".length), `${folder}/${name}`);
    else if (/\.(yml|ya?ml\.txt|json)$/i.test(name) || /\.yaml$/i.test(name)) misnamed.push(`${folder}/${name}`);
  }
  return files;
}

/** Entries of a folder in a stable order, without hidden ones and those that editors leave behind. */
async function entriesOf(folder: string, wanted: (entry: { isDirectory(): boolean }) => boolean) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.name.startsWith(".") && wanted(entry))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}
