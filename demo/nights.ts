import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SourceStatus } from "../src/domain/answers";
import type { RunSummary } from "../src/domain/runs";
import { checkNights } from "./check-nights";
import { playStep, type Stage } from "./play-step";
import { type Said, type Services, watchServices } from "./services";

const EVERY_MS = 3_000;
/** Six words: the first is the second. Whatever is late on a slow machine waits for its turn. */
const NIGHTS_OF_SECONDS = 'schedule: { cron: "*/3 * * * * *", timezone: Europe/Berlin, overlap: queue }';
const PROCESSES = 3;
/** Finished runs until one process is killed, and until it is enough; beside them one that comes of the outage. */
const [BEFORE_THE_KILL, ENOUGH] = [2, 6];
const PATIENCE_MS = 60_000;
const UP = ["up", "--port", "0"];

/**
 * The nights, made of seconds: three processes that are scheduler and worker at once, one of them killed in the middle of its
 * work. Answers with what did not go as told.
 */
export async function playNights(stage: Stage): Promise<readonly string[]> {
  const { acme, folder, say, start, ask, signal } = stage;
  await acme.reopen();
  say(
    "\n# Acme is back, and from here on nobody has to think of it: three processes, and a night every three seconds.",
  );
  const enough = AbortSignal.timeout(PATIENCE_MS);
  const children = Array.from({ length: PROCESSES }, () => {
    say(`$ understudy ${UP.join(" ")} &`);
    return start(UP);
  });
  const stop = AbortSignal.any([signal, enough]);
  const services = watchServices(children, stop);
  try {
    await services.until((log) => (said(log, "ready").length === PROCESSES ? true : undefined));
    say("\nAll three are ready, and none of them is the chief.");
    await services.until((log) => said(log, "run finished")[0]);
    say("Acme was read at once, for the understudy had let people in meanwhile.");
    const nightly = await reschedule(folder, NIGHTS_OF_SECONDS);
    const { by, run } = await services.until(nextStart);
    await acme.asked("/users", stop);
    await services.end(by, "SIGKILL");
    say(`Now one of them is killed (SIGKILL), in the middle of run ${run}: it was just reading the users.`);
    await services.until((log) => (said(log, "run finished").length > ENOUGH ? true : undefined));

    await reschedule(folder, nightly);
    await services.until((log) => (goingByNight(log) === PROCESSES - 1 ? true : undefined));
    say("The job file says 02:15 again; the two others have taken that over while they run.");
    while (!(await isQuiet(ask))) stop.throwIfAborted();
    return [...(await look(stage)), ...(await endInPeace(services, by, stage))];
  } catch (error) {
    if (signal.aborted) throw error;
    const reason = enough.aborted ? `this did not come to be within ${PATIENCE_MS / 1000} s` : String(error);
    const { wrong } = await runsOf(ask).then(checked, () => ({ wrong: [] }));
    return [[reason, ...wrong, "the processes said last:", ...services.lastLines()].join("\n  ")];
  } finally {
    await services.endAll();
  }
}

const said = (log: readonly Said[], message: string): readonly Said[] => log.filter((line) => line.message === message);

/** The run that was begun first once some others had finished, and by whom. */
function nextStart(log: readonly Said[]): { readonly by: number; readonly run: unknown } | undefined {
  const finished = said(log, "run finished")[BEFORE_THE_KILL];
  if (finished === undefined) return undefined;
  return said(log.slice(log.indexOf(finished)), "run started")[0] as Said & { readonly run: unknown };
}

/** How many go by the nightly schedule now. */
function goingByNight(log: readonly Said[]): number {
  const latest = new Map(said(log, "a source is scheduled").map(({ by, cron }) => [by, cron]));
  return [...latest.values()].filter((cron) => cron === "15 2 * * *").length;
}

const checked = (runs: readonly RunSummary[]) => checkNights(runs, EVERY_MS);

const runsOf = async (ask: Stage["ask"]) => (await ask(["runs", "acme", "-n", "100"])) as readonly RunSummary[];

/** Whether every slot that was decided has had its run. */
async function isQuiet(ask: Stage["ask"]): Promise<boolean> {
  const [acme] = (await ask(["status"])) as readonly SourceStatus[];
  const last = acme?.schedule?.last;
  if (last?.state !== "done") return false;
  const { wrong, slots } = checked(await runsOf(ask));
  return wrong.length === 0 && Date.parse(slots.at(-1) ?? "") >= Date.parse(last.slot);
}

async function look(stage: Stage): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const step of [
    {
      narration: "One run a slot. The slot of the process that was killed was taken up by another, once.",
      command: ["runs", "acme"],
      exitCode: 0,
      tells: [/ ok .*schedule, slot/, / interrupted .*schedule, slot/],
    },
    {
      narration: "And it says plainly until when that is good.",
      command: ["status"],
      exitCode: 0,
      tells: [/fresh +`acme` is fresh.*good until .*when it runs next/],
    },
  ])
    wrong.push(...(await playStep(step, stage)).wrong);
  return wrong;
}

async function endInPeace(services: Services, killed: number, { say, ask }: Stage): Promise<readonly string[]> {
  const others = Array.from({ length: PROCESSES }, (_, by) => by).filter((by) => by !== killed);
  const exits = await Promise.all(others.map((by) => services.end(by, "SIGTERM")));
  if (exits.some((exit) => exit !== 0)) return [`told to end, the processes left with ${exits.join(" and ")}`];
  const { wrong, slots, interrupted } = checked(await runsOf(ask));
  if (wrong.length > 0) return wrong;
  if (slots.length < ENOUGH || interrupted !== 1)
    return [`${slots.length} slots and ${interrupted} interrupted runs are not what was played`];
  say(
    `\nChecked: ${slots.length} slots, each with exactly one run that went well. Told to end, both have left with 0.`,
  );
  return [];
}

/** Puts another schedule into the job file, whole at every moment; gives the one that was there. */
async function reschedule(folder: string, schedule: string): Promise<string> {
  const file = join(folder, "jobs/acme.yaml");
  const text = await readFile(file, "utf8");
  const [before] = /^schedule:.*$/m.exec(text) ?? [];
  if (before === undefined) throw new Error(`${file} has no schedule in a line of its own`);
  await writeFile(`${file}.new`, text.replace(before, schedule));
  await rename(`${file}.new`, file);
  return before;
}
