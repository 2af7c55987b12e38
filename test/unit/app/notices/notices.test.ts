import { createNotices } from "../../../../src/app/notices/notices";
import type { Adapters } from "../../../../src/app/open/adapters";
import { silentLog } from "../../../../src/domain/log";

test("a database that is away is one complaint, however often messages are looked for, and so is its return", async () => {
  const over = new AbortController();
  const told: string[] = [];
  let looks = 0;
  const log = {
    ...silentLog,
    maskValues: () => undefined,
    info: (message: string) => void told.push(`info: ${message}`),
    warn: (message: string) => void told.push(`warn: ${message}`),
  };
  const stores = async () => {
    looks += 1;
    if (looks < 5) throw new Error("connection refused");
    over.abort();
    return { notices: { take: async () => null } };
  };
  const adapters = { log, stores } as unknown as Adapters;
  const showSource = () => Promise.reject(new Error("nobody asked for this"));
  await createNotices(adapters, { showSource }).serve(over.signal, 1);
  expect(told).toEqual([
    "warn: changes of state cannot be told; it is tried again",
    "info: changes of state can be told again",
  ]);
});
