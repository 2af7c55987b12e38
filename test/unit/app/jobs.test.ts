import { createJobs } from "../../../src/app/jobs";
import { openAdapters } from "../../../src/app/open/adapters";
import type { InvalidFiles } from "../../../src/domain/errors";
import { type Files, told, USERS, withFolder } from "../config/project-folder";

const JOB = "baseUrl: https://api.acme.example\nentities:\n  users: { get: /users, deletes: never }\n";
const FILES: Files = {
  "jobs/acme.yaml": `source: acme\n${JOB}`,
  "mappings/acme/users.yaml": USERS,
  "jobs/zeta.yaml": `source: zeta\n${JOB}`,
  "mappings/zeta/users.yaml": USERS,
};
const MISTAKE: Files = { ...FILES, "mappings/zeta/users.yaml": USERS.replace("login", "$lowercas(login)") };

const withJobs = <T>(files: Files, use: (jobs: ReturnType<typeof createJobs>) => Promise<T>): Promise<T> =>
  withFolder(files, (home) => use(createJobs(openAdapters({ home, env: {}, logLevel: "error" }))));

const names = (jobs: readonly { readonly source: string }[]) => jobs.map(({ source }) => source);

test("a mistake in an expression is one of its files, whoever looks at them", async () => {
  expect(await withJobs(FILES, async (jobs) => names(await jobs.readable()))).toEqual(["acme", "zeta"]);
  await withJobs(MISTAKE, async (jobs) => {
    const { problems } = await jobs.inspect({ variables: "may-be-unset" });
    expect(problems.map(told)).toEqual([
      "mappings/zeta/users.yaml:4:13 «$lowercas» MAP041 `$lowercas` is not a function → did you mean `$lowercase`?",
    ]);
    expect(names(await jobs.readable())).toEqual(["acme"]);
    expect(await jobs.find("zeta")).toBeNull();
    await expect(jobs.load("zeta")).rejects.toMatchObject({ code: "CFG001", problems });
    await expect(jobs.valid(null)).rejects.toMatchObject({ code: "CFG001", problems });
    expect(names(await jobs.valid(["acme"]))).toEqual(["acme"]);
  });
});

test("what is no name or no expression in a file is told once", async () => {
  const job = `source: acme\n${JOB.replace("never", "false")}`;
  const files = { ...FILES, "jobs/acme.yaml": job, "mappings/zeta/users.yaml": `${USERS}\nlet: { a-b: x }\n` };
  const { problems } = await withJobs(files, (jobs) => jobs.inspect({ variables: "may-be-unset" }));
  expect(problems.filter(({ code }) => code !== "CFG011").map(({ file, code }) => `${file} ${code}`)).toEqual([
    "jobs/acme.yaml CFG005",
    "mappings/zeta/users.yaml MAP014",
  ]);
});

test("who loads a job hears of every mistake in its files at once", async () => {
  const both = { ...MISTAKE, "jobs/zeta.yaml": `source: zeta\n${JOB}htp: {}\n` };
  await withJobs(both, async (jobs) => {
    const { problems } = (await jobs.load("zeta").catch((error: unknown) => error)) as InvalidFiles;
    expect(problems.map(({ file }) => file)).toEqual(["jobs/zeta.yaml", "mappings/zeta/users.yaml"]);
  });
});

test.each<[string, Files]>([
  ["is not UTF-8", { ".env": Buffer.from("ACME_URL=https://api.acme.example\nNAME=\xfc\n", "latin1") }],
  ["is a folder", { ".env/left-over": "" }],
])("an `.env` that %s is told before the variables that are not set for it", async (_, files) => {
  const job = `source: acme\nbaseUrl: \${ACME_URL}\n${JOB.slice(JOB.indexOf("entities"))}`;
  await withJobs({ ...FILES, "jobs/acme.yaml": job, ...files }, async (jobs) => {
    const codes = async (load: Promise<unknown>) =>
      ((await load.catch((error: unknown) => error)) as InvalidFiles).problems.map(({ file, code }) => [file, code]);
    const both = [
      [".env", "CFG012"],
      ["jobs/acme.yaml", "CFG008"],
    ];
    expect(await codes(jobs.load("acme"))).toEqual(both);
    expect(await codes(jobs.loadLogin("acme"))).toEqual(both);
    expect(names([await jobs.load("zeta")])).toEqual(["zeta"]);
  });
});

test("a source that does not exist is told with where it was looked for, and which one is meant", async () => {
  await withFolder(FILES, async (home) => {
    const jobs = createJobs(openAdapters({ home, env: {}, logLevel: "error" }));
    const refusal = {
      code: "USE002",
      message: `there is no source \`acne\`: ${home}/jobs/acne.yaml does not exist`,
      fix: "did you mean `acme`?",
    };
    await expect(jobs.load("acne")).rejects.toMatchObject(refusal);
    await expect(jobs.valid(["acne"])).rejects.toMatchObject(refusal);
  });
});

test("who only looks sees that nobody signs in, unless the file with mistakes may say that somebody does", async () => {
  const broken = JOB.replace("/users,", "/users, page: nonesuch,");
  const files = {
    "jobs/acme.yaml": `source: acme\n${broken}`,
    "jobs/zeta.yaml": `source: zeta\n${broken}logins: {}\n`,
  };
  await withJobs({ ...FILES, ...files }, async (jobs) => {
    expect(await jobs.findLogin("acme")).toEqual({ login: null });
    expect(await jobs.findLogin("zeta")).toBeNull();
    await expect(jobs.loadLogin("acme")).rejects.toMatchObject({ code: "CFG001" });
  });
});
