import { EXIT } from "../../src/domain/exit-codes";
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
  // What is understood asks the app or a file, which are not there, or answers; what is not is a usage error.
  const isUnderstood = exitCode !== 2 || err.startsWith("error[USE008]");
  expect({ isUnderstood, err: isUnderstood ? "" : err }).toEqual({ isUnderstood: true, err: "" });
});

const reference = documents().find(({ name }) => name.endsWith("reference/command-line.md"))?.text ?? "";

test("the reference's table of exit codes has every one, and no other", () => {
  const table = reference.slice(reference.indexOf("## Exit codes"));
  const codes = [...table.matchAll(/^\| (\d+(?:, \d+)?) +\| /gm)].flatMap(([, cell = ""]) => cell.split(", "));
  expect(codes.map(Number)).toEqual(Object.values(EXIT));
});

test("the reference's table names every command", async () => {
  const cells = reference.split("\n").map((line) => /^\| (`.*?) +\| /.exec(line)?.[1] ?? "");
  const commandsOf = async (parent: readonly string[]): Promise<readonly string[]> => {
    const list =
      /\nCommands:\n(?<list>(?: .*\n)+)/.exec((await command([...parent, "--help"])).out)?.groups?.list ?? "";
    const names = [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name ?? "").filter((name) => name !== "help");
    const found = await Promise.all(names.map((name) => commandsOf([...parent, name])));
    return names.length === 0 ? [parent.join(" ")] : found.flat();
  };
  const all = await commandsOf([]);
  expect(all).toContain("hold release");
  // `grant USER ROLE` is short for `grant add`.
  const named = (name: string) => cells.some((cell) => cell.includes(`\`${name.replace(/^grant add$/, "grant USER")}`));
  expect(all.filter((name) => !named(name))).toEqual([]);
});
