import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { watchForInterruption } from "../../../src/cli/interruption";

const exits: number[] = [];
let signals: EventEmitter;
beforeEach(() => {
  jest.useFakeTimers();
  exits.length = 0;
  signals = new EventEmitter();
});
afterEach(() => jest.useRealTimers());

const watch = () => watchForInterruption(signals, new PassThrough(), (code) => exits.push(code));

test("what hangs after the first signal is cut off before a supervisor would", () => {
  const interruption = watch();
  signals.emit("SIGTERM");
  expect([interruption.signal.aborted, exits]).toEqual([true, []]);
  jest.advanceTimersByTime(25_000);
  expect(exits).toEqual([143]);
});

test("a command that has ended is not", () => {
  const interruption = watch();
  signals.emit("SIGINT");
  interruption.stop();
  jest.advanceTimersByTime(25_000);
  expect(exits).toEqual([]);
});
