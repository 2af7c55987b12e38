/**
 * Every how-to page, followed to the letter: its files are written, its commands run in a folder of their own, on a real
 * database and against a customer's system, and what they print is what the page shows. How a page is read stands in
 * `test/support/how-to-page.ts`.
 *
 * All commands of one page, at random, are run by a shell, each a process of the real command. So is on the other pages what
 * needs a shell, and what stays; their plain commands run in this process, which spares each the second that it takes to start.
 *
 *     UNDERSTUDY_CAMPAIGN=long npx jest how-to     all commands of all pages by a shell
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { appendFile, chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { normalised } from "../../demo/readme-excerpt";
import { isWhole } from "../support/chance";
import { type Corp, startCorp } from "../support/corp";
import { ROOT } from "../support/documents";
import { freePorts } from "../support/free-ports";
import { type Act, readPage } from "../support/how-to-page";
import { realCommand } from "../support/real-command";
import { isRedisHere, type RedisServer, startRedis } from "../support/redis-server";
import { ensureBuilt, type Service, startService } from "../support/service";
import { chosen } from "../support/steps";
import { makeTempDir, type TempDir } from "../support/temp-dir";
import { createTestDatabase, type TestDatabase } from "../support/test-database";

const PAGES = join(ROOT, "docs/how-to");
const DOCUMENT = join(ROOT, "test/support/corp-api.yaml");
/** The ports that the pages name. */
const PORTS = ["7077", "7078", "7079"];
/** With the roles of their own. */
const LOGINS = ["us_migrator", "us_writer", "us_serve", "us_auditor"];

let redis: RedisServer | null;
let folder: TempDir;
let database: TestDatabase;
let corp: Corp;
let home: string;
/** What a page says, and what that is here. */
let standIns: readonly (readonly [said: string, here: string])[];
let env: Record<string, string>;
const services: { args: readonly string[]; service: Service }[] = [];

beforeAll(async () => {
  await ensureBuilt();
  redis = await startRedis();
}, 120_000);
afterAll(() => redis?.stop());

beforeEach(async () => {
  [folder, database] = await Promise.all([makeTempDir("how-to"), createTestDatabase(null)]);
  home = join(folder.path, "work");
  const [own, programs] = [join(folder.path, "own"), join(folder.path, "programs")];
  await Promise.all([home, own, programs].map((path) => mkdir(path)));
  corp = await startCorp(own);
  const ports = await freePorts(PORTS.length);
  standIns = [
    ["baseUrl: https://directory.corp.example/api", `baseUrl: ${corp.url}\nhttp: { allowPrivate: true }`],
    ["- { webhook:", "- { allowPrivate: true, webhook:"],
    // The same machine under another name, so that what is printed tells which of the two was meant.
    ["https://hooks.corp.example", corp.url.replace(/\/api$/, "").replace("127.0.0.1", "localhost")],
    ["https://directory.corp.example/api", corp.url],
    ["https://directory.corp.example", corp.url.replace(/\/api$/, "")],
    ["postgres://postgres:password@db.corp.example:5432/understudy", database.url],
    ...LOGINS.map(
      (username) =>
        [
          `postgres://${username}:password@db.corp.example:5432/understudy`,
          Object.assign(new URL(database.url), { username, password: "password" }).toString(),
        ] as const,
    ),
    ["deploy/roles.sql", join(ROOT, "deploy/roles.sql")],
    ["postgres://understudy:password@db.corp.example:5432/understudy", database.url],
    ["db.corp.example:5432/understudy", database.database.where],
    ["redis://redis.corp.example:6379", redis?.url ?? "redis://no-redis-here"],
    ["redis.corp.example:6379", redis?.url.replace("redis://", "") ?? "no-redis-here"],
    ["/srv/understudy", home],
    ["ops@desk", `${userInfo().username}@${hostname()}`],
    ...PORTS.map((port, index) => [port, String(ports[index])] as const),
  ];
  // A reader has the usual tools of a shell, wherever the tests are run.
  env = {
    HOME: own,
    PATH: `${programs}:${process.env.PATH}:/usr/bin:/bin`,
    HTTP_PORT: String(ports[0]),
    NO_COLOR: "1",
  };
  // The project is not installed in the reader's folder; `npx` finds it there all the same.
  const program = `exec "${process.execPath}" "${join(ROOT, "bin/understudy.js")}" "$@"`;
  const typescript = `exec "${process.execPath}" --require "${join(ROOT, "test/support/typescript-hook.cjs")}" "$@"`;
  await writeFile(
    join(programs, "npx"),
    `#!/bin/sh\nprogram=$1\nshift\n[ "$program" = tsx ] && ${typescript}\n${program}\n`,
  );
  await chmod(join(programs, "npx"), 0o755);
  await writeFile(
    join(programs, "psql"),
    `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, "test/support/psql.cjs")}" "$@"\n`,
  );
  await chmod(join(programs, "psql"), 0o755);
});

afterEach(async () => {
  await Promise.all(services.splice(0).map(({ service }) => service.end("SIGKILL")));
  await Promise.all([corp.close(), database.drop(), folder.remove()]);
});

/** It says itself which database and which Redis it works with. */
const PRODUCTION = "production-on-redis.md";

/** Shows no commands: `login-ways.test.ts` checks what it shows. */
const WITHOUT_COMMANDS = "connect-a-login.md";

const pages = readdirSync(PAGES).filter((name) => name !== WITHOUT_COMMANDS);
const byShell = isWhole ? pages : chosen(pages, 1);
let isByShell = true;

const pageOf = async (name: string) => readPage(await readFile(join(PAGES, name), "utf8"));

test.each(pages.filter((name) => name !== PRODUCTION || isRedisHere()))(
  "docs/how-to/%s does what it says",
  async (name) => {
    if (name !== PRODUCTION) env.DATABASE_URL = database.url;
    isByShell = byShell.includes(name);
    await follow(await pageOf(name));
  },
  120_000,
);

async function follow(acts: readonly Act[]): Promise<void> {
  expect(acts.filter(({ kind }) => kind === "run").length).toBeGreaterThan(2);
  for (const act of acts) await play(act);
  for (const { service } of services) expect(await service.end("SIGTERM")).toBe(0);
}

async function play(act: Act): Promise<void> {
  if (act.kind === "event") return happen(act.event);
  if (act.kind === "write") return write(act.file, act.text);
  if (act.kind === "stay") return stay(here(act.command).split(" ").slice(2));
  if (act.kind === "restart") {
    const last = services.pop();
    expect(await last?.service.end("SIGTERM")).toBe(0);
    return stay(last?.args ?? []);
  }
  let [printed, exitCode] = ["", 0];
  for (const command of act.commands) {
    const previous = { command, exitCode, printed };
    expect(previous).toEqual({ ...previous, exitCode: 0 });
    const words = isByShell ? null : plainWords(here(command));
    const ended = await (words === null ? shell(here(command)) : inThisProcess(words));
    [printed, exitCode] = [printed + ended.printed, ended.exitCode];
  }
  const { commands } = act;
  expect({ commands, printed, exitCode }).toEqual({ commands, printed, exitCode: act.exitCode });
  if (act.shows !== null) expectShown(act.shows, printed);
}

async function happen(event: string): Promise<void> {
  const own: Corp["events"] = {
    "its API is described in corp-api.yaml": () => copyFile(DOCUMENT, join(home, "corp-api.yaml")),
    "its API stands at a private address": () =>
      appendFile(join(home, "jobs/corp.yaml"), "http: { allowPrivate: true }\n"),
    "its files are there": async () => {
      for (const act of await pageOf("first-source.md")) if (act.kind === "write") await play(act);
    },
    "a scheduler looks after it": async () => {
      await database.database.knex.raw("insert into sync.schedules select source, now(), '{}' from sync.sources");
    },
    "people sign in there": async () => {
      await happen("it was read last night");
      const [act] = (await pageOf("survive-an-outage.md")).filter(({ kind }) => kind === "write");
      if (act !== undefined) await play(act);
    },
    "it was read last night": async () => {
      await happen("its files are there");
      await play({ kind: "run", commands: ["npx understudy sync corp"], exitCode: 0, shows: null });
    },
  };
  const happens = own[event] ?? corp.events[event];
  if (happens === undefined) throw new Error(`nothing of corp is called "${event}"`);
  await happens();
}

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(join(home, file)), { recursive: true });
  await writeFile(join(home, file), here(content));
}

async function stay(args: readonly string[]): Promise<void> {
  const service = startService(args, { home, env });
  services.push({ args, service });
  await service.says("ready");
  if (args[0] === "up" || args[0] === "schedule") await service.says("a source is scheduled");
}

/** What a reader sees in the terminal once a command has ended: the progress, which is redrawn there, is gone by then. */
async function shell(command: string): Promise<{ readonly exitCode: number; readonly printed: string }> {
  const child = spawn("/bin/sh", ["-c", `{ ${command}\n} 2>&1`], {
    cwd: home,
    env: { ...env, LOG_LEVEL: "error" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [printed, [exitCode]] = await Promise.all([text(child.stdout), once(child, "close") as Promise<[number]>]);
  return { exitCode, printed: withoutProgress(printed) };
}

async function inThisProcess(
  args: readonly string[],
): Promise<{ readonly exitCode: number; readonly printed: string }> {
  const { exitCode, out } = await realCommand(home, args, { env, together: true });
  return { exitCode, printed: withoutProgress(out) };
}

const withoutProgress = (printed: string): string => printed.replaceAll(/^(corp|run \d+): .*\n/gm, "");

/** The arguments of a command of ours that needs nothing of a shell but its quotes; null for any other. */
function plainWords(command: string): readonly string[] | null {
  const [, words] = /^npx understudy((?: (?:[\w.:/@=-]+|'[^']*'))+)$/.exec(command) ?? [];
  return words?.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", "")) ?? null;
}

const here = (said: string): string => standIns.reduce((all, [from, to]) => all.replaceAll(from, to), said);
const there = (printed: string): string => standIns.reduce((all, [to, from]) => all.replaceAll(from, to), printed);

function expectShown(shown: string, printed: string): void {
  const [wanted, found] = [shown, there(printed)].map((one) =>
    normalised(one.trimEnd())
      .replaceAll(/\bv?\d+\.\d+(\.\d+)?\b/g, "VERSION")
      .replaceAll(/\b1\d{9}\b/g, "MOMENT"),
  ) as [string, string];
  const pattern = wanted
    .split("\n")
    .map((line) => (line === "…" ? "(?:.*\n)*?" : `${line.split("…").map(escaped).join(".*")}\n`))
    .join("");
  // Only to show the difference.
  if (!new RegExp(`^${pattern}$`).test(`${found}\n`)) expect(found).toBe(wanted);
}

const escaped = (words: string): string => words.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
