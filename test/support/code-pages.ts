/**
 * The pages of `docs/codes`. Under "## Example" a page shows a mistake, what is said about it, and the same without it:
 *
 *     ```yaml, ```dotenv   files, whose first line is a comment with their path
 *     ```json              a record of the customer's system, for codes of records
 *     ```text              what is printed; what stands above it is wrong, what stands below it is mended
 *
 * The files stand among those of the small project in the index, in the place of those of the same name.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createColors } from "picocolors";
import { openApp } from "../../src/app";
import { PAGES } from "../../src/cli/text/code-pages";
import { reportText } from "../../src/cli/text/report-text";
import { formatProblem } from "../../src/config/format-problem";
import { loadProject } from "../../src/config/load-project";
import { compileMapping } from "../../src/mapping/compile-mapping";
import { report } from "../unit/cli/command";
import { documents } from "./documents";
import { makeTempDir } from "./temp-dir";

interface Attempt {
  /** Contents by path. */
  readonly files: Readonly<Record<string, string>>;
  /** As JSON; null when the files themselves are what is looked at. */
  readonly record: string | null;
}

export interface Example {
  readonly wrong: Attempt;
  readonly shows: string;
  readonly mended: Attempt;
}

export interface CodePage {
  readonly code: string;
  readonly text: string;
  readonly example: Example | null;
}

const inFolder = documents().filter(({ name }) => name.startsWith(`${PAGES}/`));

export const INDEX = inFolder.find(({ name }) => name.endsWith("/README.md"))?.text ?? "";

export const codePages = (): readonly CodePage[] =>
  inFolder
    .map(({ name, text }) => ({ code: name.slice(PAGES.length + 1, -".md".length), text }))
    .filter(({ code }) => code !== "README")
    .map((page) => ({ ...page, example: exampleIn(page.text) }));

function exampleIn(text: string): Example | null {
  const [, section] = text.split("## Example\n");
  const [, above = "", shows, below = ""] = /^(.*?)^```text\n(.*?)\n```$(.*)/ms.exec(section ?? "") ?? [];
  return shows === undefined ? null : { wrong: attemptIn(above), shows, mended: attemptIn(below) };
}

function attemptIn(text: string): Attempt {
  const files: Record<string, string> = {};
  let record: string | null = null;
  for (const [, language, content = ""] of text.matchAll(/^```(\w+)\n(.*?)^```/gms)) {
    const [, path] = /^# (\S+)\n/.exec(content) ?? [];
    if (language === "json") record = content;
    else if (path !== undefined) files[path] = content;
    else throw new Error(`a file without a name:\n${content}`);
  }
  return { files, record };
}

/** What Understudy says about the files, or about the record; nothing when all is well. */
export async function saidOf({ files, record }: Attempt): Promise<string> {
  const folder = await makeTempDir("codes");
  try {
    for (const [path, content] of Object.entries({ ...attemptIn(INDEX).files, ...files })) {
      await mkdir(dirname(join(folder.path, path)), { recursive: true });
      await writeFile(join(folder.path, path), content);
    }
    return record === null ? await checked(folder.path) : await mapped(folder.path, JSON.parse(record));
  } finally {
    await folder.remove();
  }
}

/** As `check` says it. */
async function checked(home: string): Promise<string> {
  const app = await openApp({ home, env: {}, logLevel: null });
  const { problems } = await app.check();
  await app.close();
  return problems.map((problem) => formatProblem(problem, { color: false })).join("\n\n");
}

/** As a run lists it. */
async function mapped(home: string, record: unknown): Promise<string> {
  const { jobs } = await loadProject({ home, env: {}, requireEnv: false });
  const [stream] = jobs[0]?.streams ?? [];
  if (stream === undefined) throw new Error("the files of the example have a mistake of their own");
  const deletes = stream.deletes.expression?.text ?? null;
  const [result] = await compileMapping(stream.mapping, { deletes }).mapPage([record], null);
  if (result?.outcome !== "rejected") return "";
  const place = result.key === null ? { place: "page 1, record 53" } : {};
  const text = reportText(report({ rejects: [{ entity: stream.name, ...result, ...place }] }), createColors(false));
  return text.split("\n\n").at(-1) ?? "";
}
