/**
 * Commands that people are told to enter are entered as they stand, in a shell. What is put into one is either known to be one
 * harmless word, and stands here with the reason, or is `quoted`.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { quoted } from "../../src/domain/quoted";
import { revertCommand } from "../../src/domain/revert";

const SRC = join(__dirname, "..", "..", "src");

const HARMLESS: readonly RegExp[] = [
  // Names that a schema holds to letters, digits, `_` and `-`.
  /^(\w+\.)*source$/,
  /^(stream\.name|rejected\.stream|stream|entity)$/,
  // Numbers, ids and moments of ours.
  /^((\w+\.)*run|waiting|(hold\.)?count|(counts\.)?users( \?\? 0)?|entries|from|to|report\.plan)$/,
  /^(clock\.now\.slice\(0, 10\)|(gravest|rejected)\.code)$/,
  // Words of the program itself.
  /^(command|GROUPS\.migrator|isIncremental \? " --full" : "")$/,
];

/** `file: expression` of everything else that is put into a command. */
function unquoted(): readonly string[] {
  const found: string[] = [];
  for (const file of readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((one) => one.endsWith(".ts"))) {
    for (const [, command = ""] of readFileSync(join(SRC, file), "utf8").matchAll(/\bunderstudy ((?:\w|\$\{).*)/g)) {
      // A quoted expression may hold a template itself.
      const rest = command.replaceAll(/\$\{(plain\()?quoted\((`[^`]*`|[^()`]*)\)\)?\}/g, "");
      for (const [, expression = ""] of rest.matchAll(/\$\{((?:[^{}]|\{[^{}]*\})*)\}/g))
        if (!HARMLESS.some((one) => one.test(expression))) found.push(`${file}: ${expression}`);
    }
  }
  return found;
}

test("everything from outside that stands in a command is quoted", () => {
  const harmless = [
    // Commands of the program, in its own help.
    "cli/operate.ts: name",
    "cli/operate.ts: name",
    // Held to letters, digits, dots, dashes and underscores: sources, streams, keys of applications, administrators.
    "cli/source.ts: name",
    "sync/state/changed-keys.ts: name",
    "mirror/api/api-key-store.ts: name",
    "mirror/login/administrator-store.ts: name",
    // A number.
    "cli/mapping-rekey.ts: renamed",
    // Quotes what it is given.
    "sync/run-revert.ts: revertCommand({ ...asked, keepNewer: true })",
  ];
  expect(unquoted().toSorted()).toEqual(harmless.toSorted());
});

test.each([
  "8812",
  "a b",
  "q;id",
  "$(id)",
  "`id`",
  "it's",
  "'",
  "#x",
  "~",
  "a\nb",
  "*",
  "é",
  "",
  "a\\",
  "!x",
  "&",
  "user:acme/8812",
])("a shell reads %j as that one word", (text) => {
  expect(execFileSync("sh", ["-c", `printf '%s|' ${quoted(text)}`]).toString()).toBe(`${text}|`);
});

test("the command that shows how a run would be undone", () => {
  const asked = { run: 7, user: "a b", field: "attributes.q;id", keepNewer: true, expect: null };
  expect(revertCommand(asked)).toBe("understudy revert 7 --user 'a b' --field 'attributes.q;id' --keep-newer");
});
