import { runLoginBench } from "./login/run-login-bench";
import { runMappingBench } from "./mapping/run-mapping-bench";
import { Interrupted } from "./sync/bench-world";
import { runMemoryBench } from "./sync/run-memory-bench";
import { runSyncBench } from "./sync/run-sync-bench";
import { WrongWork } from "./sync/wrong-work";

const USAGE = `usage: npm run bench -- [--users N] [--rounds N] [--without-peer] [--json] [--save]
           first loads and nights beside their yardsticks and a peer; --save writes the table into bench/RESULTS.md and README.md
       npm run bench -- memory [--users N] [--json]           what a million users take beyond a hundred thousand
       npm run bench -- mapping [--rounds N] [--json]         one mapping, by hand, compiled and by JSONata
       npm run bench -- login [--logins N] [--json]           logins by the customer's system and by the mirror, and introspection`;

/**
 * Runs what the first word names, syncs without one. `checkout` is the project's folder. Resolves to the exit code: 1 when a
 * limit that is kept was not, or when a contender did other work than it should; 2 for arguments not understood.
 */
export async function runBench(checkout: string, args: readonly string[]): Promise<number> {
  try {
    const exitCode = await choose(checkout, args);
    if (exitCode !== null) return exitCode;
    console.error(USAGE);
    return 2;
  } catch (error) {
    if (error instanceof Interrupted) return 130;
    if (!(error instanceof WrongWork)) throw error;
    console.error(`nothing is measured: ${error.message}`);
    return 1;
  }
}

function choose(checkout: string, args: readonly string[]): Promise<number | null> {
  const [word, ...rest] = args;
  if (word === "mapping") return runMappingBench(checkout, rest);
  if (word === "login") return runLoginBench(checkout, rest);
  if (word === "memory") return runMemoryBench(checkout, rest);
  return runSyncBench(checkout, args);
}
