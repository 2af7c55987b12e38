import type { Schedule } from "../../../src/domain/job";
import { silentLog } from "../../../src/domain/log";
import { startClock } from "../../../src/schedule/clock";
import type { SlotDesk } from "../../../src/schedule/ports";

const EVERY_SECOND: Schedule = {
  cron: "* * * * * *",
  timezone: "UTC",
  jitter: 0,
  missed: "once",
  grace: 0,
  overlap: "skip",
};

test("the schedule goes on when jobs can be put again, and not when there is none to put", async () => {
  const told: string[] = [];
  const log = {
    ...silentLog,
    info: (line: string) => void told.push(line),
    warn: (line: string) => void told.push(line),
  };
  let beats = 0;
  const slots = {
    settle: async () => {
      beats += 1;
      const slot = new Date();
      const decided = beats === 2 ? [{ slot, state: "due", dueAt: slot, coveredBy: null, note: null }] : [];
      return { now: slot, settledUntil: slot, decided, setBackFrom: null };
    },
    settleAhead: async () => new Map(),
    recover: async () => [],
    due: async () => [],
  } as unknown as SlotDesk;
  const put = async (): Promise<void> => {
    told.push(beats === 2 ? "not put" : "put");
    if (beats === 2) throw new Error("the queue is away");
  };
  const schedules = async () => [{ source: "acme", schedule: EVERY_SECOND, broken: null }];
  const clock = startClock({ slots, put, schedules, log });
  while (told.filter((line) => line === "put").length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
  await clock.stop();
  expect(told).toEqual([
    "a source is scheduled",
    "put",
    "not put",
    "the schedule cannot go on for the moment; it is tried again",
    "put",
    "the schedule goes on",
  ]);
}, 20_000);
