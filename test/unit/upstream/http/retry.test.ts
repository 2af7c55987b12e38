import { Failure } from "../../../../src/domain/errors";
import { silentLog } from "../../../../src/domain/log";
import { Body } from "../../../../src/upstream/http/body";
import type { Answer } from "../../../../src/upstream/http/http-client";
import { DEFAULT_LIMITS } from "../../../../src/upstream/http/limits";
import { createRetry, retryAfter } from "../../../../src/upstream/http/retry";

const policy = {
  statuses: [429],
  serverErrors: true,
  network: true,
  backoff: { from: 1_000, to: 8_000 },
  budget: 900_000,
};
const answer = (status: number, headers: Record<string, string> = {}): Answer => ({
  status,
  headers,
  body: new Body([]),
});
const { signal } = new AbortController();

const fixture = (changes: Partial<typeof policy> = {}, random = 0.5) => {
  let clock = Date.parse("2026-11-22T14:00:00Z");
  const waits: number[] = [];
  const pauses: number[] = [];
  const retry = createRetry({
    policy: { ...policy, ...changes },
    limits: DEFAULT_LIMITS,
    log: silentLog,
    now: () => clock,
    random: () => random,
    sleep: async (ms) => void waits.push(ms),
    slowDown: (ms) => void pauses.push(ms),
  });
  /** Answers in turn, the last one for ever. */
  const script = (...results: (Answer | Failure)[]) => {
    let calls = 0;
    const attempt = async (): Promise<Answer> => {
      const result = results[Math.min(calls, results.length - 1)]!;
      calls += 1;
      if (result instanceof Failure) throw result;
      return result;
    };
    return { run: (also?: readonly number[]) => retry(attempt, signal, also), calls: () => calls };
  };
  /** Fails for ever, after this many milliseconds each time. */
  const slowly = (ms: number, failure: Failure) => {
    const attempt = async (): Promise<Answer> => {
      clock += ms;
      throw failure;
    };
    return { run: () => retry(attempt, signal) };
  };
  const by = (attempt: () => Promise<Answer>) => retry(attempt, signal);
  const advance = (ms: number) => {
    clock += ms;
  };
  return { waits, pauses, script, slowly, by, advance };
};

test("an error of the server that is an answer here is not tried again", async () => {
  const { script } = fixture();
  const { run, calls } = script(answer(500), answer(200));
  expect(await run([500])).toMatchObject({ answer: { status: 500 }, tries: "" });
  expect(calls()).toBe(1);
});

test("waits with full jitter, doubling up to the ceiling", async () => {
  const { waits, script } = fixture();
  const { tries } = await script(...[1, 2, 3, 4, 5, 6].map(() => answer(503)), answer(200)).run();
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 4_000, 4_000]);
  expect(tries).toBe("");
});

test.each([
  [{}, 429, 2],
  [{}, 500, 2],
  [{}, 404, 1],
  [{}, 401, 1],
  [{ statuses: [409] }, 409, 2],
  [{ statuses: [] }, 429, 1],
  [{ serverErrors: false }, 503, 1],
])("policy %j asks after status %i %i times", async (changes, status, calls) => {
  const asked = fixture(changes).script(answer(status), answer(200));
  await asked.run();
  expect(asked.calls()).toBe(calls);
});

test.each([
  ["UPS001", true, 2],
  ["UPS002", true, 2],
  ["UPS001", false, 1],
  ["UPS006", true, 1],
  ["UPS007", true, 1],
  ["RUN004", true, 1],
] as const)("%s with network: %s is tried %i times", async (code, network, calls) => {
  const asked = fixture({ network }).script(new Failure(code, "h did not work"), answer(200));
  await asked.run().catch((error) => expect(error.code).toBe(code));
  expect(asked.calls()).toBe(calls);
});

test("keeps a pause that is asked for, and everybody keeps it", async () => {
  const { waits, pauses, script } = fixture();
  await script(answer(429, { "retry-after": "90" }), answer(200)).run();
  expect({ waits, pauses }).toEqual({ waits: [90_000], pauses: [90_000] });
});

test.each([
  [429, {}, [0]],
  [503, { "retry-after": "2" }, [2_000]],
  [503, {}, []],
])("everybody slows down where status %i with %j says that it was asked too much", async (status, headers, slowed) => {
  const { pauses, script } = fixture();
  await script(answer(status, headers), answer(200)).run();
  expect(pauses).toEqual(slowed);
});

test("a pause over an hour is not waited for, and that is what is told", async () => {
  const { waits, script } = fixture();
  const { answer: last, tries, fix } = await script(answer(429, { "retry-after": "3601" })).run();
  expect(last.status).toBe(429);
  expect(tries).toBe(" (attempt 1; it asks for a pause of 3601 s, and 1 h is the longest that is kept)");
  expect(fix).toMatch(/^run it again when that is over/);
  expect(waits).toEqual([]);
});

test("a pause that is asked for takes nothing from the budget", async () => {
  const { waits, script } = fixture({ budget: 2_000 });
  const pause = answer(429, { "retry-after": "1200" });
  const { answer: last } = await script(pause, pause, answer(503), answer(200)).run();
  expect(last.status).toBe(200);
  expect(waits).toEqual([1_200_000, 1_200_000, 2_000]);
});

test("pauses that are asked for again and again are kept for an hour in all", async () => {
  const { waits, script } = fixture();
  const { tries } = await script(answer(429, { "retry-after": "1500" })).run();
  expect(tries).toBe(" (attempt 3; it has asked for pauses of 75 min in all, and 1 h is the most that is kept)");
  expect(waits).toEqual([1_500_000, 1_500_000]);
});

test("a pause that another request was asked for is nothing that this one takes", async () => {
  const { script, by, advance } = fixture({ budget: 3_000 });
  let calls = 0;
  const attempt = async (): Promise<Answer> => {
    calls += 1;
    if (calls > 1) return answer(200);
    // While it waits its turn.
    await script(answer(429, { "retry-after": "1200" }), answer(200)).run();
    advance(1_200_500);
    return answer(503);
  };
  expect((await by(attempt)).answer.status).toBe(200);
});

test("the budget bounds all waiting for one request", async () => {
  const { waits, script } = fixture({ budget: 3_000 });
  await expect(script(new Failure("UPS001", "h could not be reached", { fix: "wait" })).run()).rejects.toMatchObject({
    code: "UPS001",
    message: "h could not be reached (attempt 3; `retry.budget` of 3 s is used up)",
    fix: "wait",
  });
  expect(waits).toEqual([500, 1_000]);
});

test("what slow attempts take counts towards the budget", async () => {
  const { waits, slowly } = fixture({ budget: 3_000 });
  await expect(slowly(2_000, new Failure("UPS002", "h hangs")).run()).rejects.toMatchObject({
    message: "h hangs (attempt 2; `retry.budget` of 3 s is used up)",
  });
  expect(waits).toEqual([500]);
});

test("in a storm, retries are ten and one in ten requests", async () => {
  const { script } = fixture({}, 0);
  let sent = 0;
  for (let request = 0; request < 100; request += 1) {
    const asked = script(answer(503));
    await asked.run();
    sent += asked.calls();
  }
  expect(sent).toBe(100 + 10 + 10);
});

test.each([
  ["120", 120_000],
  ["Sun, 22 Nov 2026 14:00:30 GMT", 30_000],
  ["Sun, 22 Nov 2026 13:00:00 GMT", 0],
  ["soon", 0],
  ["", 0],
  ["-5", 0],
])("Retry-After: %s is %i ms", (value, ms) => {
  expect(retryAfter(answer(429, { "retry-after": value }), Date.parse("2026-11-22T14:00:00Z"))).toBe(ms);
});

test("a host name that does not exist is not tried again", async () => {
  const unknown = new Failure("UPS001", "h could not be reached", { data: { cause: "ENOTFOUND" } });
  const asked = fixture().script(unknown);
  await expect(asked.run()).rejects.toMatchObject({ code: "UPS001" });
  expect(asked.calls()).toBe(1);
});
