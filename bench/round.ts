import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Client } from "pg";
import { to } from "pg-copy-streams";
import type { RunReport } from "../src/domain/runs";
import { measure } from "./measure";
import type { Usage } from "./report-usage";

/** One measured round. */
export interface Round {
  readonly first: Usage;
  readonly again: Usage;
  readonly copy: Usage;
}

export interface Bench {
  readonly users: number;
  /** The command line, as people start it. */
  readonly program: string;
  /** Holds the jobs and mappings; also for scratch files. */
  readonly home: string;
  /** A fresh, empty database for the round. */
  readonly databaseUrl: string;
  readonly upstreamUrl: string;
}

const TABLES = ["users", "user_roles"] as const;

async function sync(bench: Bench, expected: { readonly new: number; readonly same: number }): Promise<Usage> {
  const { usage, stdout } = await measure(bench.home, [bench.program, "-C", bench.home, "sync", "bench", "--json"], {
    PATH: process.env.PATH,
    DATABASE_URL: bench.databaseUrl,
    BENCH_URL: bench.upstreamUrl,
    LOG_LEVEL: "error",
  });
  const report = JSON.parse(stdout) as RunReport;
  const found = report.entities.users;
  if (found === undefined || !("new" in found) || found.new !== expected.new || found.same !== expected.same) {
    throw new Error(`the sync did not do what was to be measured: ${JSON.stringify(report)}`);
  }
  return usage;
}

async function saveRows(bench: Bench): Promise<void> {
  const client = new Client({ connectionString: bench.databaseUrl });
  await client.connect();
  try {
    for (const table of TABLES) {
      const rows = client.query(to(`COPY (SELECT * FROM mirror.${table}) TO STDOUT`));
      await pipeline(rows, createWriteStream(join(bench.home, `${table}.copy`)));
    }
  } finally {
    await client.end();
  }
}

/** A first load, a run in which nothing changed, and the same rows by a bare COPY, one after the other. */
export async function runRound(bench: Bench): Promise<Round> {
  const first = await sync(bench, { new: bench.users, same: 0 });
  const again = await sync(bench, { new: 0, same: bench.users });
  await saveRows(bench);
  const copyRows = join(__dirname, "copy-rows.js");
  const { usage } = await measure(bench.home, [copyRows, bench.home, ...TABLES], {
    PATH: process.env.PATH,
    DATABASE_URL: bench.databaseUrl,
  });
  return { first, again, copy: usage };
}
