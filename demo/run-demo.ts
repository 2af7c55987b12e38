import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commandLine } from "./command-line";
import { type CustomerSystem, startCustomerSystem } from "./customer-system/customer-system";
import { playNights } from "./nights";
import { playStep, type Stage } from "./play-step";
import { STORY } from "./story";
import { makeTemporaryHome } from "./temporary-home";

/** What the job needs, relative to the checkout and to the folder worked in alike. */
const FILES = ["jobs/acme.yaml", "mappings/acme", "demo/customer-system/openapi.yaml"] as const;

/** Settings of the person at the keyboard that must not lead the demo to a real database or another folder. */
const NOT_OURS = /^(DATABASE_URL|REDIS_URL|HTTP_.*|.*_CONCURRENCY|LOG_.*|UNDERSTUDY_.*|ACME_.*)$/;

const USAGE = `usage: npm run demo [-- --keep]

  --keep   afterwards Acme and the folder stay, to play with, until Ctrl-C
`;

const NEXT = `
What to do next
  npm run demo -- --keep                    the same, and then it stays for you to play with
  jobs/acme.yaml, mappings/acme/            the files behind what you have just seen
  docs/how-to/first-source.md               describe an API of your own
  docs/how-to/production-on-redis.md        run it every night
  understudy --help                         every command, with examples
`;

const settings = ({ url, account }: CustomerSystem): string =>
  `ACME_URL=${url}\nACME_CLIENT_ID=${account.clientId}\nACME_CLIENT_SECRET=${account.clientSecret}\n`;

/**
 * Boots a fictitious customer system, plays the story against it with the real command line, and cleans up.
 * `checkout` is the project's folder. Resolves to the exit code: 1 when any step did not go as told, 2 for words it does not
 * know, 130 when interrupted.
 */
export async function runDemo(checkout: string, argv: readonly string[]): Promise<number> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const unknown = argv.find((word) => !["--keep", "--help", "-h"].includes(word));
  if (unknown !== undefined) {
    process.stderr.write(`demo: unknown argument \`${unknown}\`\n${USAGE}`);
    return 2;
  }
  if (argv.some((word) => word !== "--keep")) {
    process.stdout.write(USAGE);
    return 0;
  }
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const { signal } = interruption;

  const acme = await startCustomerSystem();
  const home = await makeTemporaryHome(
    "understudy-demo-",
    FILES.map((file) => ({ from: join(checkout, file), to: file })),
  );
  const { folder } = home;
  try {
    await writeFile(join(folder, ".env"), settings(acme), { mode: 0o600 });
    const program = commandLine(join(checkout, "bin/understudy.js"), environment(folder));
    say(`Acme's staff directory runs at ${acme.url}: 2,000 people, 60 organizations, 40 roles, 120 permissions.`);
    say(`Understudy works in ${folder} with a database of its own.`);
    const wrong = await play({ acme, folder, say, signal, ...program });
    if (signal.aborted) return 130;
    if (wrong.length > 0) {
      say(`\nThis did not go as told: ${wrong.join("; ")}.`);
      return 1;
    }
    if (!argv.includes("--keep")) say(NEXT);
    else await keep({ acme, folder, say, signal });
    return 0;
  } finally {
    await acme.close();
    await home.remove();
  }
}

function environment(folder: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !NOT_OURS.test(name));
  return {
    // The audience's terminal is ours; the commands write into a pipe.
    ...(process.stdout.isTTY && { FORCE_COLOR: "1" }),
    ...Object.fromEntries(own),
    UNDERSTUDY_HOME: folder,
    LOG_LEVEL: "error",
  };
}

/** The whole story up to its end, or up to the first step that does not go as told: that is the answer. */
async function play(stage: Stage): Promise<readonly string[]> {
  const { signal } = stage;
  let plan = "";
  for (const step of STORY) {
    const played = await playStep(step, stage, plan);
    if (signal.aborted || played.wrong.length > 0) return played.wrong;
    plan = played.plan;
  }
  return playNights(stage).catch((error: unknown) => {
    if (signal.aborted) return [];
    throw error;
  });
}

/** Resolves when the person at the keyboard has had enough. */
async function keep({ acme, folder, say, signal }: Pick<Stage, "acme" | "folder" | "say" | "signal">): Promise<void> {
  // What is set in the reader's shell would win over the folder's own `.env`.
  const foreign = Object.keys(process.env).filter((name) => NOT_OURS.test(name) && name !== "LOG_LEVEL");
  const clean = foreign.length === 0 ? "" : `env ${foreign.map((name) => `-u ${name}`).join(" ")} `;
  const understudy = `${clean}npx understudy -C ${folder}`;
  say(`
Acme stays at ${acme.url} until you press Ctrl-C. In another terminal, in the checkout:

  ${understudy} status
  ${understudy} sync acme
  ${understudy} show user:acme/p-0010
  ${understudy} audit who vehicle-controller --source acme
  ${understudy} up --port 0
`);
  await once(signal, "abort");
  say(`\nAcme ends, and ${folder} goes as soon as nothing uses it any more.`);
}
