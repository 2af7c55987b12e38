import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(__dirname, "../..");

/** The project's documents: those beside package.json and those under `docs/`; names are relative to the root. */
export const documents = (): readonly { readonly name: string; readonly text: string }[] =>
  [
    ...readdirSync(ROOT),
    ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).map((name) => join("docs", name)),
  ]
    .filter((name) => name.endsWith(".md"))
    .map((name) => ({ name, text: readFileSync(join(ROOT, name), "utf8") }));

/** Those whose examples are all right: the pages of codes show what is wrong, and are tested by themselves. */
export const documentsOfGoodExamples = () => documents().filter(({ name }) => !name.startsWith("docs/codes/"));

/** The contents of the fenced blocks of one language. */
export const blocks = (text: string, language: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, content]) => content ?? "");
