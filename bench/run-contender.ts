import { fork } from "node:child_process";
import { once } from "node:events";
import { answerOf } from "./answer-of";
import type { Measured } from "./contend";

/** A program that calls `contend`, and what it is given. */
export interface ContenderProgram {
  /** Absolute, of the built file. */
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface Terms {
  /** Called when the contender is ready, right before it works. */
  readonly settle: () => Promise<void>;
  /** Aborting it ends the contender. */
  readonly signal: AbortSignal;
}

/**
 * Lets one contender work in a process of its own.
 *
 * @returns what its work used, and what came of it; rejects when it fails, which it has told on standard error
 */
export async function runContender<T>(
  { file, args, env }: ContenderProgram,
  { settle, signal }: Terms,
): Promise<Measured<T>> {
  signal.throwIfAborted();
  const child = fork(file, args, { env: { PATH: process.env.PATH, ...env }, execArgv: ["--expose-gc"] });
  const end = () => child.kill("SIGKILL");
  signal.addEventListener("abort", end, { once: true });
  const exit = once(child, "exit");
  try {
    await answerOf(child);
    await settle();
    child.send("work");
    return await answerOf<Measured<T>>(child);
  } finally {
    signal.removeEventListener("abort", end);
    if (child.connected) child.disconnect();
    await exit;
  }
}
