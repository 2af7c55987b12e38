/**
 * The write phase of a first load alone: `fork(file, [HOME])` with DATABASE_URL and BENCH_URL. The run is the real one, with its
 * claim, its fence, its stage and its transactions; only its pages are fetched and mapped while the stopwatch stands still.
 */
import "./as-the-command";

import { compileStream, maskOf } from "../../src/app/compile-stream";
import { loadProject } from "../../src/config/load-project";
import { packageRoot } from "../../src/config/package-root";
import type { Stream } from "../../src/domain/job";
import { silentLog } from "../../src/domain/log";
import type { RunOptions, RunReport, Trigger } from "../../src/domain/runs";
import { versionOf } from "../../src/mapping/mapping-version";
import { openDatabase } from "../../src/mirror/database";
import { migrate } from "../../src/mirror/migrate";
import { RunDesk } from "../../src/mirror/run-desk";
import { RunStore } from "../../src/mirror/run-store";
import { runSync } from "../../src/sync/run-sync";
import { createUpstream } from "../../src/upstream/create-upstream";
import { contend } from "../contend";
import { prepareAhead } from "./prepared-upstream";

const SOURCE = "bench";
const TRIGGER: Trigger = { kind: "cli", by: "bench", reason: null };
const OPTIONS: RunOptions = { mode: "sync", only: null, user: null, full: false, planId: null };

const [home = ""] = process.argv.slice(2);

contend<RunReport>(async ({ databaseUrl, upstreamUrl }) => {
  const env = { ...process.env, BENCH_URL: upstreamUrl };
  const [job] = (await loadProject({ home, env, requireEnv: true, only: SOURCE })).jobs;
  if (job === undefined) throw new Error(`there are mistakes in the files in ${home}`);
  const database = await openDatabase({ url: databaseUrl, home, log: silentLog });
  await migrate(database, { directory: `${packageRoot()}/migrations` });
  const mappers = new Map(job.streams.map((stream) => [stream.name, compileStream(stream)]));
  const mapperOf = (stream: Stream) => mappers.get(stream.name) ?? compileStream(stream);
  const upstream = createUpstream({ job, log: silentLog });
  const desk = new RunDesk(database);
  const run = await new RunStore(database.knex).queue(SOURCE, OPTIONS, TRIGGER);
  const queued = await desk.read(run);
  return {
    work: (stopwatch) =>
      desk.withStage(
        queued,
        {
          work: (stage, overtaken) => {
            const request = { run, job, options: OPTIONS, trigger: TRIGGER, startedAt: new Date() };
            const prepared = prepareAhead({ upstream, mapperOf }, stage, stopwatch, () => globalThis.gc?.());
            const services = {
              ...prepared,
              stage,
              log: silentLog,
              signal: overtaken,
              now: () => new Date(),
              tell() {},
              expected: () => null,
              sealedUnder: null,
              versionOf: (stream: Stream) => versionOf(job, stream),
              maskOf: (stream: Stream) => maskOf(job, stream),
            };
            return runSync(request, services);
          },
          failed: async (error) => console.error(error),
          interrupted: (error) => console.error(error),
        },
        new AbortController().signal,
      ),
    async close() {
      await upstream.close();
      await database.close();
    },
  };
});
