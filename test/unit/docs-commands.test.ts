import { blocks, documents } from "../support/documents";
import { command } from "./cli/command";

/** Command lines people may copy: in shell blocks and in running text. Synopses with placeholders are not among them. */
const quoted = documents().flatMap(({ name, text }) => {
  const lines = blocks(text, "sh").flatMap((block) => block.split("\n"));
  const inline = [...text.matchAll(/`((?:npx )?understudy [^`\n]+)`/g)].map(([, line]) => line ?? "");
  return [...lines, ...inline]
    .map((line) => /^(?:npx )?understudy (.*)$/.exec(line.replace(/\s+# .*$/, "").trim())?.[1])
    .filter((line) => line !== undefined)
    .filter((line) => !/[[\]<>|…]|\b[A-Z]{1,6}\b/.test(line))
    .map((line) => [name, line] as const);
});

test("the documents quote commands", () => expect(quoted.length).toBeGreaterThan(8));

test.each(quoted)("%s: understudy %s", async (_document, line) => {
  const argv = (line.match(/'[^']*'|"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^(['"])(.*)\1$/, "$2"));
  const { exitCode, err } = await command(argv, { sources: async () => ["acme", "corp"] });
  // What is understood asks the app, which is not there, or answers; what is not is a usage error.
  expect({ usageError: exitCode === 2, err: exitCode === 2 ? err : "" }).toEqual({ usageError: false, err: "" });
});
