/**
 * One contender in a process of its own, so that none runs on code that V8 has optimised, or given up, for another.
 * `fork(file, [HOME, NAME])`; answers each message `{ milliseconds }` with the CPU time a record took, `{ microseconds }`.
 */
import { CONTENDERS, type ContenderName } from "./contenders";
import { directoryUser } from "./directory-users";
import { readSpec } from "./read-spec";

export interface RoundRequest {
  /** How long to work at least. */
  readonly milliseconds: number;
}

export interface RoundAnswer {
  /** CPU time a record, of the whole process: garbage collection and compilation included. */
  readonly microseconds: number;
}

export const RECORDS = 1000;

async function serve(home: string, name: ContenderName): Promise<void> {
  const contender = CONTENDERS[name](await readSpec(home));
  const records = Array.from({ length: RECORDS }, (_, number) => directoryUser(number));
  process.on("message", async ({ milliseconds }: RoundRequest) => {
    const before = process.cpuUsage();
    const endsAt = performance.now() + milliseconds;
    let worked = 0;
    while (worked === 0 || performance.now() < endsAt) {
      await contender.work(records);
      worked += records.length;
    }
    const { user, system } = process.cpuUsage(before);
    const answer: RoundAnswer = { microseconds: (user + system) / worked };
    process.send?.(answer);
  });
  process.send?.("ready");
}

process.on("disconnect", () => process.exit());

const [home = "", name = ""] = process.argv.slice(2);
serve(home, name as ContenderName).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
