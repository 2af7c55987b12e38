import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../config/package-root";
import { CODES } from "../../domain/error-codes";
import { EXIT } from "../../domain/exit-codes";

/** From the root of the project: `README.md` lists the codes, `CODE.md` explains one. */
export const PAGES = "docs/codes";

export interface ExplainedCode {
  readonly code: string;
  readonly title: string;
  /** What the command exits with. */
  readonly exit: number;
  /** Whether the same attempt may succeed later without anybody changing anything. */
  readonly retry: boolean;
}

export interface CodeGroup {
  readonly name: string;
  readonly codes: readonly ExplainedCode[];
}

/** Codes of records rather than of commands: the run goes on; the record is looked at again every night. */
const REJECT = { exit: EXIT.rejects, retry: false } as const;

/** Every code there is, as the index groups them. */
export const codeGroups = (): readonly CodeGroup[] =>
  readDocument("README.md")
    .split(/^## /m)
    .map((section) => ({
      name: section.slice(0, section.indexOf("\n")),
      codes: [...section.matchAll(/^- \[(\w+)\]\(\1\.md\): (.+)$/gm)].map(([, code = "", title = ""]) => ({
        code,
        title,
        ...termsOf(code),
      })),
    }))
    .filter(({ codes }) => codes.length > 0);

/** The page of a code that the index lists, as Markdown. */
export const pageOf = ({ code }: ExplainedCode): string => readDocument(`${code}.md`);

function termsOf(code: string): Pick<ExplainedCode, "exit" | "retry"> {
  const known = Object.entries(CODES).find(([name]) => name === code)?.[1];
  return known === undefined ? REJECT : { exit: known.exit, retry: known.retry };
}

const readDocument = (name: string): string => readFileSync(join(packageRoot(), PAGES, name), "utf8");
