import { copyFile, lstat, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { Failure } from "../../domain/errors";
import type { InitRequest } from "../../domain/init";
import { listed } from "../../domain/suggest";
import type { ApiDocument } from "../openapi/api-document";
import { openApiDocument } from "../openapi/read-api-document";

/** What is read at once, held twice over and looked through; a larger document is no description of an API. */
const LARGEST_DOCUMENT = 64 * 2 ** 20;

/** The document and where it will be, seen from the job. */
export interface PlacedDocument {
  readonly document: ApiDocument;
  /** As the job writes it. */
  readonly openapi: string;
  /** Where to and from where it is copied, absolute; null when it stays where it is. */
  readonly copy: { readonly from: string; readonly to: string; readonly file: string } | null;
  /** Whether the job will refer to something outside the folder worked in. */
  readonly isOutside: boolean;
}

/**
 * Reads the document that a person named. One inside the folder worked in stays where it is; one from elsewhere is copied to
 * `specs/`, so that the folder is whole wherever it goes, unless other files belong to it.
 *
 * @throws Failure INI005 for what is no local file; OAS001, OAS002 for what is no document that can be used
 */
export async function placeDocument(
  home: string,
  { source, document: named, cwd }: Pick<InitRequest, "source" | "document" | "cwd">,
): Promise<PlacedDocument> {
  const path = await localFile(named, cwd);
  const opened = await openApiDocument(path);
  if (!("document" in opened)) {
    const { code, message, hint } = opened;
    throw new Failure(code, `${named}: ${message}`, hint === undefined ? {} : { fix: hint });
  }
  const isInside = !leadsOut(relative(home, path));
  if (isInside || !opened.isAlone) {
    const openapi = relative(join(home, "jobs"), path).split(sep).join("/");
    return { document: opened.document, openapi, copy: null, isOutside: !isInside };
  }
  const file = `specs/${source}${extname(path).toLowerCase() || ".yaml"}`;
  return {
    document: opened.document,
    openapi: `../${file}`,
    copy: { from: path, to: join(home, file), file },
    isOutside: false,
  };
}

const leadsOut = (path: string): boolean => path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path);

async function localFile(named: string, cwd: string): Promise<string> {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(named)) {
    throw new Failure("INI005", "--openapi must be a local file: nothing is fetched", {
      fix: "download the document first, and name the file",
    });
  }
  const path = resolve(cwd, named);
  const found = await stat(path).catch(() => null);
  const refuse = (why: string) =>
    new Failure("INI005", `--openapi: ${named === "" ? "an empty name" : path} ${why}`, {
      fix: "name the OpenAPI document, by its path from the current folder",
    });
  if (found === null) throw refuse("does not exist");
  if (!found.isFile()) throw refuse("is no file");
  if (found.size > LARGEST_DOCUMENT) throw refuse(`is larger than ${LARGEST_DOCUMENT / 2 ** 20} MiB`);
  return path;
}

/** A file of the draft; its path is relative to the folder worked in. */
export interface DraftFile {
  readonly path: string;
  readonly content: string;
}

/** @throws Failure INI002 naming every file that is there already */
export async function refuseExisting(home: string, paths: readonly string[]): Promise<void> {
  const found = await Promise.all(paths.map((path) => lstat(join(home, path)).catch(() => null)));
  const existing = paths.filter((_, index) => found[index] !== null);
  if (existing.length === 0) return;
  throw new Failure(
    "INI002",
    `${listed(existing)} ${existing.length === 1 ? "is" : "are"} there already, and nothing was written`,
    {
      fix: "choose another name for the source, or overwrite them with --force",
      data: { files: existing },
    },
  );
}

/**
 * Writes the files of a draft, and beside them the schemas that their first lines name for editors.
 *
 * @param schemas the folder of the schemas that belong to this version
 * @returns paths written, relative to the folder worked in
 * @throws Failure INI006
 */
export async function writeDraft(
  home: string,
  files: readonly DraftFile[],
  copy: PlacedDocument["copy"],
  { force, schemas }: { readonly force: boolean; readonly schemas: string },
): Promise<void> {
  for (const { path, content } of files)
    await write(home, path, (to) => writeFile(to, content, { flag: force ? "w" : "wx" }));
  if (copy !== null) await write(home, copy.file, (to) => copyFile(copy.from, to));
  for (const name of SCHEMAS) await bringSchema(home, name, schemas);
}

const SCHEMAS = ["job.schema.json", "mapping.schema.json"];

/**
 * Editors follow the first line of a file to its schema by a relative path, and that must hold for everybody who checks the
 * folder out. So the schemas stand in it, and a copy of an older version is brought up to date.
 */
async function bringSchema(home: string, name: string, schemas: string): Promise<void> {
  const content = await readFile(join(schemas, name), "utf8");
  const there = await readFile(join(home, "schemas", name), "utf8").catch(() => null);
  if (there === content || (there !== null && !there.includes('"urn:understudy:schema:'))) return;
  await write(home, `schemas/${name}`, (to) => writeFile(to, content));
}

async function write(home: string, path: string, put: (to: string) => Promise<void>): Promise<void> {
  const to = join(home, path);
  try {
    await mkdir(dirname(to), { recursive: true });
    await put(to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new Failure("INI006", `${path} cannot be written: ${REASONS[code] ?? code}`, {
      fix: "see to it, and run the command again",
      cause: error,
    });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "there is no permission to",
  EPERM: "there is no permission to",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
  ENOTDIR: "a file stands in its way",
  EEXIST: "a file stands in its way",
  EISDIR: "a folder stands in its place",
};
