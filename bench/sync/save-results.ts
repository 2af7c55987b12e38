import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where the results stand that the README quotes. */
export const RESULTS_FILE = "bench/RESULTS.md";

const [BEGIN, END] = ["<!-- bench:begin -->", "<!-- bench:end -->"];
const BLOCK = new RegExp(`(?<=${BEGIN}\\n\\n).*?(?=\\n\\n${END})`, "s");

const INTRODUCTION = `# What \`npm run bench\` measured

Written by \`npm run bench -- --save\`, which puts the same into the README. What is measured, and why so, stands in
[the decision](../docs/decisions/0021-bench.md).`;

/** What the README quotes; null when it has no place for it. */
export const quotedResults = (readme: string): string | null => BLOCK.exec(readme)?.[0] ?? null;

/** The results in their file, without its introduction. */
export const resultsIn = (file: string): string => file.slice(INTRODUCTION.length).trim();

/** Writes the results into their file and into the README, between its markers; throws an Error when these are not there. */
export async function saveResults(checkout: string, results: string): Promise<void> {
  const file = join(checkout, "README.md");
  const readme = await readFile(file, "utf8");
  if (quotedResults(readme) === null) throw new Error(`README.md has nothing between ${BEGIN} and ${END}`);
  await writeFile(join(checkout, RESULTS_FILE), `${INTRODUCTION}\n\n${results}\n`);
  await writeFile(
    file,
    readme.replace(BLOCK, () => results),
  );
}
