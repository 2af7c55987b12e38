import type { InitAnswer, InitRequest } from "../../../src/domain/init";
import { command } from "./command";

const ANSWER: InitAnswer = {
  source: "acme",
  openapi: "../acme.yaml",
  files: [{ path: "jobs/acme.yaml", content: "source: acme\n" }],
  written: true,
  streams: [
    {
      name: "users",
      into: "users",
      get: "listUsers",
      sureness: "sure",
      fields: ["username"],
      missing: ["phone", "roles"],
    },
  ],
  remarks: [{ about: "users.page", sureness: "guess", text: "is one answer all there is?" }],
  variables: [{ name: "ACME_URL", meaning: "where the API is" }],
  problems: [],
};

const problem = (message: string, severity: "error" | "warning") => ({
  code: "CFG008" as const,
  severity,
  message,
  file: "jobs/acme.yaml",
  line: 1,
  column: 1,
  length: 6,
  sourceLine: "source: acme",
  hint: null,
});

test("what was found, what to look at, what to set and what is next", async () => {
  const { exitCode, out } = await command(["init", "acme", "--openapi", "acme.yaml"], { init: async () => ANSWER });
  expect(exitCode).toBe(0);
  expect(out).toBe(`drafted acme:
  jobs/acme.yaml

found
  users  listUsers  sure  without phone, roles

look at
  users.page  is one answer all there is?

set in .env
  ACME_URL=  where the API is

next
  understudy check                                   after every edit
  understudy mapping test acme                       the tests inside the mappings
  understudy mapping try users --source acme --live  what real records become; changes nothing
  understudy plan acme                               what a first run would do; changes nothing
`);
});

test("--dry-run prints the files", async () => {
  const asked: InitRequest[] = [];
  const { out } = await command(
    ["init", "acme", "--openapi", "a.yaml", "--dry-run", "--users", "listPeople", "--orgs", "none"],
    {
      init: async (request) => {
        asked.push(request);
        return { ...ANSWER, written: false };
      },
    },
  );
  expect(asked).toEqual([
    {
      source: "acme",
      document: "a.yaml",
      cwd: __dirname,
      force: false,
      dryRun: true,
      operations: { users: "listPeople", orgs: "none" },
    },
  ]);
  expect(out).toContain("--- jobs/acme.yaml\nsource: acme\n");
  expect(out).not.toContain("drafted acme");
});

test("variables to set are told once; any other mistake of the files is shown, and an error is exit 3", async () => {
  const problems = [problem("the variable `ACME_URL` is not set", "warning"), problem("something is wrong", "error")];
  const { exitCode, out } = await command(["init", "acme", "--openapi", "a.yaml"], {
    init: async () => ({ ...ANSWER, problems }),
  });
  expect(exitCode).toBe(3);
  expect(out).toContain("error[CFG008]: something is wrong");
  expect(out).not.toContain("the variable `ACME_URL`");
});

test("what a document says cannot command a terminal", async () => {
  const [stream] = ANSWER.streams;
  const streams = stream === undefined ? [] : [{ ...stream, get: "\u001b[31mlist" }];
  const { out } = await command(["init", "acme", "--openapi", "a.yaml"], {
    init: async () => ({ ...ANSWER, streams }),
  });
  expect(out).toContain("\\u001b[31mlist");
});

test("json holds all of it", async () => {
  const { out } = await command(["init", "acme", "--openapi", "a.yaml", "--json"], { init: async () => ANSWER });
  expect(JSON.parse(out)).toEqual(ANSWER);
});

test("a source without a document is a usage error", async () => {
  const { exitCode, err } = await command(["init", "acme"], { init: async () => ANSWER });
  expect({ exitCode, err }).toEqual({ exitCode: 2, err: expect.stringContaining("--openapi <file>") });
});
