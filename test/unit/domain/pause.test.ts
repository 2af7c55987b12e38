import { getEventListeners } from "node:events";
import { pause } from "../../../src/domain/pause";

test("ends with its time, and leaves nobody listening", async () => {
  const { signal } = new AbortController();
  await pause(1, signal);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("ends with the signal, without an error", async () => {
  const ending = new AbortController();
  const paused = pause(3_600_000, ending.signal);
  ending.abort(new Error("told to end"));
  await expect(paused).resolves.toBeUndefined();
  await expect(pause(3_600_000, ending.signal)).resolves.toBeUndefined();
});
