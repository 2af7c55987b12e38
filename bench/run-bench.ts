import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeTemporaryHome } from "../demo/temporary-home";
import { silentLog } from "../src/domain/log";
import { type Database, openDatabase } from "../src/mirror/database";
import { runMappingBench } from "./mapping/run-mapping-bench";
import { type Round, runRound } from "./round";
import { formatSummary, summarize } from "./summary";

const USAGE = `usage: npm run bench -- [--users N] [--rounds N] [--json]     first loads, runs in which nothing changed, bare COPYs
       npm run bench -- mapping [--rounds N] [--json]         one mapping, by hand, compiled and by JSONata`;

interface Options {
  readonly users: number;
  readonly rounds: number;
  readonly json: boolean;
}

/** Null when the arguments are not understood. */
function readOptions(args: readonly string[]): Options | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        users: { type: "string", default: "100000" },
        rounds: { type: "string", default: "3" },
        json: { type: "boolean", default: false },
      },
    });
    const [users, rounds] = [Number(values.users), Number(values.rounds)];
    const sound = [users, rounds].every((value) => Number.isInteger(value) && value > 0);
    return sound ? { users, rounds, json: values.json } : null;
  } catch {
    return null;
  }
}

/** The made-up API in a process of its own; it ends with `stop`, or with this process. */
async function startUpstream(users: number): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const child = fork(join(__dirname, "upstream-process.js"), [String(users)]);
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  return {
    url,
    stop: async () => {
      child.disconnect();
      await once(child, "exit");
    },
  };
}

/** A fresh database beside the given one; answers with its URL. */
async function createDatabase({ knex, poolConfig }: Database, name: string): Promise<string> {
  await knex.raw("CREATE DATABASE ??", [name]);
  const { host = "", port = "", user = "", password } = poolConfig;
  const place = new URLSearchParams({ host, port: String(port) });
  return `postgresql://${user}:${encodeURIComponent(String(password))}@localhost/${name}?${place}`;
}

/** Runs what the first word names, syncs without one. `checkout` is the project's folder. Resolves to the exit code. */
export function runBench(checkout: string, args: readonly string[]): Promise<number> {
  const [word, ...rest] = args;
  return word === "mapping" ? runMappingBench(checkout, rest) : runSyncBench(checkout, args);
}

/**
 * Measures first loads, runs in which nothing changed and bare COPYs, interleaved, each in a process of its own and each
 * round in a fresh database. Resolves to the exit code: 1 when a sync took more memory than it may, 2 for arguments not
 * understood.
 */
async function runSyncBench(checkout: string, args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === null) {
    console.error(USAGE);
    return 2;
  }
  const { users, rounds, json } = options;
  const program = join(checkout, "bin/understudy.js");
  const home = await makeTemporaryHome("understudy-bench-", [{ from: join(checkout, "bench/home"), to: "." }]);
  const upstream = await startUpstream(users);
  const database = await openDatabase({ url: null, home: home.folder, log: silentLog });
  try {
    const measured: Round[] = [];
    for (let number = 1; number <= rounds; number += 1) {
      console.error(`round ${number} of ${rounds}: first load, nothing changed, bare COPY`);
      const databaseUrl = await createDatabase(database, `round_${number}`);
      measured.push(await runRound({ users, program, home: home.folder, databaseUrl, upstreamUrl: upstream.url }));
    }
    const summary = summarize(users, measured);
    console.log(json ? JSON.stringify(summary, null, 2) : formatSummary(summary));
    return summary.withinMemoryLimit ? 0 : 1;
  } finally {
    await database.close();
    await upstream.stop();
    await home.remove();
  }
}
