import { once } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { limitTime } from "../../../src/domain/time-limit";

/** Who waits for it holds nothing but the promise, as whoever hands a signal on does. */
const waits = (milliseconds: number, signal: AbortSignal) => once(limitTime(milliseconds, signal).signal, "abort");

test("a time that is over is told, though garbage was collected meanwhile", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const over = waits(50, new AbortController().signal);
  for (let round = 0; round < 3; round += 1) {
    await new Promise(setImmediate);
    collect();
  }
  await over;
});

test("it follows the other signal, and not once it is released", async () => {
  const parent = new AbortController();
  const [kept, released] = [limitTime(60_000, parent.signal), limitTime(60_000, parent.signal)];
  released.release();
  parent.abort();
  const late = limitTime(60_000, parent.signal);
  expect([kept, released, late].map(({ signal }) => signal.aborted)).toEqual([true, false, true]);
  for (const limit of [kept, late]) limit.release();
});
