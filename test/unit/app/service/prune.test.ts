import type { Adapters } from "../../../../src/app/open/adapters";
import { pruneDaily } from "../../../../src/app/service/prune";
import { Failure } from "../../../../src/domain/errors";
import { type Log, silentLog } from "../../../../src/domain/log";

test.each(["RET001", "DB001"] as const)("what is due and does not go, for %s, is said aloud, and why", async (code) => {
  const said: unknown[] = [];
  const log: Log = { ...silentLog, warn: (message, fields) => said.push([message, fields]) };
  const failure = new Failure(code, "it took too long", { fix: "look at it" });
  const stores = async () => {
    throw failure;
  };
  await pruneDaily({ stores, log } as unknown as Adapters).work(new AbortController().signal);
  expect(said).toEqual([["what has expired could not be taken away: it took too long", { code, fix: "look at it" }]]);
});
