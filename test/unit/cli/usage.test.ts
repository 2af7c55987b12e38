import fs from "node:fs";
import type { App } from "../../../src/domain/app";
import { Failure, InvalidFiles, type Problem } from "../../../src/domain/errors";
import { command } from "./command";

test.each([
  [["snyc", "acme"], "error[USE001]: unknown command 'snyc'", "did you mean sync?"],
  [["sync", "acme", "--fuul"], "error[USE001]: unknown option '--fuul'", "did you mean --full?"],
  [["sync", "acne"], "error[USE002]: there is no source `acne`", "did you mean `acme`?"],
  [["plan", "acne"], "error[USE002]: there is no source `acne`", "did you mean `acme`?"],
  [["sync"], "error[USE001]: sync which source?", "understudy sync --all"],
  [["sync", "acme", "--all"], "error[USE001]: give either a source or --all, not both", "name one"],
  [
    ["sync", "acme", "--plan", "p", "--user", "8"],
    "error[USE001]: option '--user <key>' cannot be used with",
    "--help",
  ],
  [["sync", "acme", "--wait", "--detach"], "error[USE001]: option '--wait' cannot be used with", "--help"],
  [["sync", "--all", "--detach"], "error[USE001]: option '--detach' cannot be used with", "--help"],
  [["up", "--port", "80000"], "error[USE001]: `--port` cannot be `80000`: it must be", "0 to 65535"],
  [["audit", "who", "admin"], "error[USE001]: required option '-s, --source <source>' not specified", "--help"],
  [["audit", "who", "admin", "--at", "now"], "error[USE001]: `--at` cannot be `now`: ", "a date"],
  [["sync", "acme", "--user", ""], "error[USE001]: `--user` cannot be empty: ", "it must be a key"],
  [["sync", "acme", "--user", " "], "error[USE001]: `--user` cannot be ", "is a variable of the shell not set?"],
  [["plan", "acme", "--user", ""], "error[USE001]: `--user` cannot be ", "it must be a key"],
  [["sync", "acme", "--only", ""], "error[USE001]: `--only` cannot be empty: ", "an empty name"],
  [["plan", "acme", "--only", "users,"], "error[USE001]: `--only` cannot be `users,`: there", "an empty name"],
  [["revert", "7", "--user", ""], "error[USE001]: `--user` cannot be ", "it must be a key"],
  [["rejects", "acme", "--key", ""], "error[USE001]: `--key` cannot be empty: ", "it must be a key"],
  [
    ["plan", "acme", "--only", "roles", "--user", "8"],
    "error[USE001]: option '--only <entities>' cannot be used with",
    "--help",
  ],
  // What stands after `--` is no option.
  [["status", "--log-level", "loud", "--", "--json"], "error[USE001]", "allowed choices are"],
  [["plan"], "error[USE001]: missing required argument 'source'", "--help"],
  [["show", "user:8812"], "error[USE001]: `show user:8812` does not name a person", "user:acme/8812"],
  [["audit", "user", "8812"], "error[USE001]: `audit user 8812` does not name a person", "acme/8812"],
  [["hold", "release", "7"], "error[USE001]: required option '--expect <count>' not specified", "--help"],
  [["hold", "release", "seven", "--expect", "1"], "error[USE001]", "a whole number"],
  [
    ["runs", "-n", "1000000000000"],
    "error[USE001]: `--limit` cannot be `1000000000000`: it",
    "a whole number from 1 to 999999999",
  ],
  [["runs", "-o", "yaml"], "error[USE001]", "allowed choices are text, json, jsonl, csv"],
  [["sync", "acme", "-o", "csv"], "error[USE001]: `sync` has no table", "-o json"],
  [
    ["sync", "acme", "-C", ""],
    "error[USE001]: `--directory` cannot be empty: it must be a folder",
    "is a variable of the shell not set?",
  ],
  [["show", "acme/8812"], "error[USE001]: `show acme/8812` names neither a run", "understudy show user:acme/8812"],
  [["status", "-C", "usage.test.ts"], "error[USE001]: there is no folder", "correct -C"],
  [["status", "-C", "no-such-folder"], "error[USE001]: there is no folder", "correct -C"],
])("%j is a usage error that helps", async (argv, message, help) => {
  const { exitCode, out, err } = await command(argv);
  expect(exitCode).toBe(2);
  expect(out).toBe("");
  expect(err).toContain(message);
  expect(err).toContain(help);
});

test.each([
  ["EACCES", "there is no permission", "let the user that Understudy runs as read it"],
  ["ELOOP", "it is a link that leads back to itself", "correct the link"],
])("a folder that cannot be looked at (%s) is a usage error that helps", async (code, why, fix) => {
  // Permissions do not bind the superuser, whom tests may run as.
  const look = jest.spyOn(fs, "statSync").mockImplementation(() => {
    throw Object.assign(new Error(code), { code });
  });
  try {
    const { exitCode, err } = await command(["status", "-C", "/closed"]);
    expect(exitCode).toBe(2);
    expect(err).toContain(`error[USE001]: /closed cannot be worked in: ${why}`);
    expect(err).toContain(fix);
    expect(err).toContain("or correct -C or UNDERSTUDY_HOME");
  } finally {
    look.mockRestore();
  }
});

test.each<[string[], string, number]>([
  [["runs", "--json", "--bogus"], "USE001", 2],
  [["snyc", "-o", "json"], "USE001", 2],
  [["hold", "--json"], "USE001", 2],
  [["show", "-o", "json", "user:8812"], "USE001", 2],
  [["status", "-o", "jsonl"], "DB001", 8],
  [["-C", "", "status", "--json"], "USE001", 2],
  [["-C", ".", "-C", ".", "status", "-o", "json"], "USE001", 2],
  [["status", "--log-level", "loud", "--output=jsonl"], "USE001", 2],
  [["status", "-o", "yaml", "--json"], "USE001", 2],
  [["status", "--log-level", "loud", "-ojson"], "USE001", 2],
])("%j fails with one document on standard output too", async (argv, code, exitCode) => {
  const status = async () => {
    throw new Failure("DB001", "the database is down", { fix: "start it" });
  };
  const said = await command(argv, { status });
  expect(said.exitCode).toBe(exitCode);
  expect(JSON.parse(said.out)).toEqual({
    exitCode,
    error: { code, message: expect.any(String), fix: expect.any(String) },
    problems: [],
  });
  expect(said.err).not.toBe("");
});

test("mistakes in files are in that document with their places", async () => {
  const problem: Problem = {
    code: "CFG003",
    severity: "error",
    message: "unknown key `gett` in a job",
    hint: null,
    file: "jobs/acme.yaml",
    line: 3,
    column: 1,
    length: 4,
    sourceLine: "gett: /users",
  };
  const sync = async () => {
    throw new InvalidFiles([problem]);
  };
  const { out } = await command(["sync", "acme", "--json"], { sync });
  expect(JSON.parse(out)).toMatchObject({ exitCode: 3, error: { code: "CFG001" }, problems: [problem] });
});

test("a number beyond all runs is no run, and no bug", async () => {
  const showSource: App["showSource"] = async (source) => {
    throw new Failure("USE002", `there is no source \`${source}\``);
  };
  expect(await command(["show", "9".repeat(22)], { showSource })).toMatchObject({ exitCode: 2 });
});

test("no command at all: the help, on standard error", async () => {
  const { exitCode, out, err } = await command([]);
  expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
  expect(err).toContain("Usage: understudy");
});

test.each([[["--help"]], [["sync", "--help"]], [["hold", "release", "--help"]], [["audit", "user", "-h"]]])(
  "%j shows examples first, then usage, and opens nothing",
  async (argv) => {
    const { exitCode, out, opened } = await command(argv);
    expect(exitCode).toBe(0);
    expect(out.startsWith("Examples:\n  understudy ")).toBe(true);
    expect(out.indexOf("Usage:")).toBeGreaterThan(0);
    expect(opened).toEqual([]);
  },
);

test("help says which options are required", async () => {
  const { out } = await command(["grant", "add", "--help"]);
  expect(out).toMatch(/--reason <text> +kept in the audit \(required\)/);
  expect(out).not.toMatch(/--org <.*\(required\)/);
});

test("--version says the version and nothing else", async () => {
  expect(await command(["--version"])).toMatchObject({ exitCode: 0, out: "9.9.9\n", err: "" });
});

test("every mistake in the files is shown with its frame", async () => {
  const problem: Problem = {
    code: "CFG001",
    severity: "error",
    message: "`emial` is not a field of `users`",
    file: "mappings/acme/users.yaml",
    line: 11,
    column: 3,
    length: 5,
    sourceLine: "  emial: contact.mail",
    hint: "did you mean `email`?",
  };
  const sync = async () => {
    throw new InvalidFiles([problem, { ...problem, line: 12 }]);
  };
  const { exitCode, err } = await command(["sync", "acme"], { sync });
  expect(exitCode).toBe(3);
  expect(err).toContain(
    "--> mappings/acme/users.yaml:11:3\n   |\n11 |   emial: contact.mail\n   |   ^^^^^ did you mean `email`?",
  );
  expect(err).toContain("users.yaml:12:3");
  const found = await command(["check"], {
    check: async () => ({ files: ["a"], sources: ["acme"], problems: [problem], sampled: [], failures: [] }),
  });
  expect(found).toMatchObject({ exitCode: 3, err: "" });
  expect(found.out).toContain("users.yaml:11:3");
});

describe("what could command a terminal is written out", () => {
  const shown = String.raw;
  const problem: Problem = {
    code: "MAP012",
    severity: "error",
    message: "`\u001b[31mx\0` is not a field of `users`",
    file: "mappings/acme/us\u009bers.yaml",
    line: 11,
    column: 3,
    length: 1,
    sourceLine: "\t\u0007a: 1",
    hint: "did you mean `\u202ex`?",
  };
  const frame = [
    shown`error[MAP012]: ${"`"}\u001b[31mx\u0000${"`"} is not a field of ${"`"}users${"`"}`,
    shown`  --> mappings/acme/us\u009bers.yaml:11:3`,
    "   |",
    "11 |     \ufffda: 1",
    `   |      ^ ${shown`did you mean ${"`"}\u202ex${"`"}?`}`,
  ].join("\n");

  test("in mistakes of files", async () => {
    const said = await command(["check"], {
      check: async () => ({ files: ["a"], sources: ["acme"], problems: [problem], sampled: [], failures: [] }),
    });
    expect(said.out).toContain(frame);
    const sync = async () => {
      throw new InvalidFiles([problem]);
    };
    expect((await command(["sync", "acme"], { sync })).err).toContain(frame);
  });

  test("in failures and in what the command line does not know", async () => {
    const status = async () => {
      throw new Failure("DB001", "no database \u001b[2J", { fix: "start \u202eit" });
    };
    expect((await command(["status"], { status })).err).toBe(
      `${shown`error[DB001]: no database \u001b[2J`}\n${shown`  start \u202eit`}\n`,
    );
    expect((await command(["\u001b[2J"])).err).toContain(shown`unknown command '\u001b[2J'`);
  });
});

describe("what nobody expected", () => {
  const status: App["status"] = async () => {
    throw new TypeError("x is not a function");
  };

  test("is told as a bug, without a stack", async () => {
    const { exitCode, err } = await command(["status"], { status });
    expect(exitCode).toBe(1);
    expect(err).toContain("error[BUG001]: this is a bug: x is not a function\n");
    expect(err).not.toMatch(/^\s+at /m);
  });

  test("shows its stack with --log-level debug", async () => {
    const { err } = await command(["status", "--log-level", "debug"], { status });
    expect(err).toMatch(/TypeError: x is not a function\n\s+at /);
  });
});

test("colours only on a terminal, and never when asked not to", async () => {
  const status: App["status"] = async () => {
    throw new Failure("DB001", "down");
  };
  const coloured = async (isTTY: boolean, env: Record<string, string> = {}) =>
    (await command(["status"], { status }, { isTTY, env })).err.includes("\x1b[");
  expect(await coloured(false)).toBe(false);
  expect(await coloured(true)).toBe(true);
  expect(await coloured(true, { NO_COLOR: "1" })).toBe(false);
  expect(await coloured(true, { CI: "true" })).toBe(false);
  expect(await coloured(true, { ACCESSIBLE: "1" })).toBe(false);
  expect(await coloured(false, { FORCE_COLOR: "1" })).toBe(true);
});
