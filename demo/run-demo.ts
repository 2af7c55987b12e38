import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CustomerSystem, startCustomerSystem } from "./customer-system/customer-system";
import { commandLine, playStep, type Stage } from "./play-step";
import { STORY } from "./story";
import { makeTemporaryHome } from "./temporary-home";

/** What the job needs, relative to the checkout and to the folder worked in alike. */
const FILES = ["jobs/acme.yaml", "mappings/acme", "demo/customer-system/openapi.yaml"] as const;

/** Settings of the person at the keyboard that must not lead the demo to a real database or another folder. */
const NOT_OURS = /^(DATABASE_URL|REDIS_URL|LOG_.*|UNDERSTUDY_.*|ACME_.*)$/;

const NEXT = `
What to do next
  jobs/acme.yaml, mappings/acme/            the files behind what you have just seen
  docs/how-to/first-source.md               describe an API of your own
  understudy --help                         every command, with examples
`;

const settings = ({ url, account }: CustomerSystem): string =>
  `ACME_URL=${url}\nACME_CLIENT_ID=${account.clientId}\nACME_CLIENT_SECRET=${account.clientSecret}\n`;

/**
 * Boots a fictitious customer system, plays the story against it with the real command line, and cleans up.
 * `checkout` is the project's folder. Resolves to the exit code: 1 when any step did not go as told, 130 when interrupted.
 */
export async function runDemo(checkout: string): Promise<number> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);

  const acme = await startCustomerSystem();
  const home = await makeTemporaryHome(
    "understudy-demo-",
    FILES.map((file) => ({ from: join(checkout, file), to: file })),
  );
  await writeFile(join(home.folder, ".env"), settings(acme), { mode: 0o600 });
  const own = Object.entries(process.env).filter(([name]) => !NOT_OURS.test(name));
  const env = {
    // The audience's terminal is ours; the commands write into a pipe.
    ...(process.stdout.isTTY && { FORCE_COLOR: "1" }),
    ...Object.fromEntries(own),
    UNDERSTUDY_HOME: home.folder,
    LOG_LEVEL: "error",
  };
  const stage: Stage = { acme, say, run: commandLine(join(checkout, "bin/understudy.js"), env) };

  try {
    say(`Acme's staff directory runs at ${acme.url}: 2,000 people, 60 organizations, 40 roles, 120 permissions.`);
    say(`Understudy works in ${home.folder} with a database of its own.`);
    let plan = "";
    for (const step of STORY) {
      const played = await playStep(step, stage, plan);
      if (interrupted) return 130;
      if (played.wrong.length > 0) {
        say(`\nThis did not go as told: ${played.wrong.join("; ")}.`);
        return 1;
      }
      plan = played.plan;
    }
    say(NEXT);
    return 0;
  } finally {
    await acme.close();
    await home.remove();
  }
}
