/**
 * A run of ours, from the app's call to its report: `fork(file, [HOME])`, or `[HOME, RUN, COUNT]` for the run that comes with
 * the release of a hold. DATABASE_URL and BENCH_URL say where. What came of it is the run's report.
 */
import "./as-the-command";

import { openApp } from "../../src/app";
import type { App } from "../../src/domain/app";
import type { RunReport, Trigger } from "../../src/domain/runs";
import { contend } from "../contend";

const SOURCE = "bench";
const TRIGGER: Trigger = { kind: "cli", by: "bench", reason: null };

const [home = "", held, count] = process.argv.slice(2);

function run(app: App, release: boolean): Promise<RunReport> {
  const follower = { trigger: TRIGGER, onEvent() {}, signal: new AbortController().signal };
  if (release && held !== undefined) return app.releaseHold({ run: Number(held), expect: Number(count), ...follower });
  const all = { only: null, user: null, full: false, planId: null, wait: false };
  return app.sync({ source: SOURCE, ...all, ...follower });
}

contend<RunReport>(async ({ databaseUrl, upstreamUrl, isWarmUp }) => {
  const env = { ...process.env, DATABASE_URL: databaseUrl, BENCH_URL: upstreamUrl };
  const app = await openApp({ home, env, logLevel: "error" });
  // Opens and migrates the database and the queue, and loads every module on the way.
  const broken = (await app.doctor()).find(({ state }) => state === "error");
  if (broken !== undefined) throw new Error(`${broken.name}: ${broken.message}`);
  return { work: () => run(app, !isWarmUp), close: () => app.close() };
});
