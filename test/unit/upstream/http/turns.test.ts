import { createTurns } from "../../../../src/upstream/http/turns";

/** A clock that moves only by being slept on. */
const fixture = (policy: Parameters<typeof createTurns>[0]["policy"]) => {
  let now = 1_000;
  const turns = createTurns({
    policy,
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  });
  return { turns, now: () => now };
};
const { signal } = new AbortController();

test("no more requests begin within any period than the rate allows", async () => {
  const { turns, now } = fixture({ concurrency: 10, rate: { requests: 3, per: 1_000 } });
  const begun: number[] = [];
  for (let request = 0; request < 8; request += 1) {
    (await turns.take(signal))();
    begun.push(now());
  }
  expect(begun).toEqual([1_000, 1_000, 1_000, 2_000, 2_000, 2_000, 3_000, 3_000]);
});

test("a pause holds everybody back", async () => {
  const { turns, now } = fixture({ concurrency: 2, rate: null });
  turns.slowDown(500);
  turns.slowDown(100);
  await turns.take(signal);
  expect(now()).toBe(1_500);
});

test("no more requests are under way than the concurrency allows, and the first to wait is the first to go", async () => {
  const { turns } = fixture({ concurrency: 1, rate: null });
  const order: string[] = [];
  const giveBack = await turns.take(signal);
  const second = turns.take(signal).then((done) => {
    order.push("second");
    done();
  });
  const third = turns.take(signal).then((done) => {
    order.push("third");
    done();
  });
  order.push("first");
  giveBack();
  await Promise.all([second, third]);
  expect(order).toEqual(["first", "second", "third"]);
});

test("who gives up waiting takes nobody's turn", async () => {
  const { turns } = fixture({ concurrency: 1, rate: null });
  const giveBack = await turns.take(signal);
  const impatient = new AbortController();
  const waiting = turns.take(impatient.signal);
  impatient.abort();
  await expect(waiting).rejects.toMatchObject({ code: "RUN004" });
  await expect(turns.take(impatient.signal)).rejects.toMatchObject({ code: "RUN004" });
  giveBack();
  await expect(turns.take(signal)).resolves.toBeInstanceOf(Function);
});

describe("a refusal takes one turn away", () => {
  /** How many may be under way, told by whom another's turn does not let in. */
  const widthOf = async (turns: ReturnType<typeof createTurns>): Promise<number> => {
    const waiting = new AbortController();
    const given: (() => void)[] = [];
    const asked = Array.from({ length: 9 }, () =>
      turns.take(waiting.signal).then(
        (giveBack) => void given.push(giveBack),
        () => undefined,
      ),
    );
    await new Promise(setImmediate);
    waiting.abort();
    await Promise.all(asked);
    for (const giveBack of given) giveBack();
    return given.length;
  };

  test("but not the last", async () => {
    const { turns } = fixture({ concurrency: 3, rate: null });
    const widths = [await widthOf(turns)];
    for (let refusal = 0; refusal < 3; refusal += 1) {
      turns.slowDown(0);
      widths.push(await widthOf(turns));
    }
    expect(widths).toEqual([3, 2, 1, 1]);
  });

  test("also while all are taken", async () => {
    const { turns } = fixture({ concurrency: 2, rate: null });
    const [first, second] = [await turns.take(signal), await turns.take(signal)];
    let isIn = false;
    const third = turns.take(signal).then((giveBack) => {
      isIn = true;
      return giveBack;
    });
    turns.slowDown(0);
    first();
    await new Promise(setImmediate);
    expect(isIn).toBe(false);
    second();
    (await third)();
  });

  test("for fifty requests that are not refused", async () => {
    const { turns } = fixture({ concurrency: 2, rate: null });
    turns.slowDown(0);
    for (let request = 0; request < 48; request += 1) (await turns.take(signal))();
    expect(await widthOf(turns)).toBe(1);
    (await turns.take(signal))();
    expect(await widthOf(turns)).toBe(2);
  });
});
