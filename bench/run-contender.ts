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

/**
 * Lets one contender work in a process of its own.
 *
 * @param settle called when the contender is ready, right before it works
 * @returns what its work used, and what came of it; rejects when it fails, which it has told on standard error
 */
export async function runContender<T>(
  { file, args, env }: ContenderProgram,
  settle: () => Promise<void>,
): Promise<Measured<T>> {
  const child = fork(file, args, { env: { PATH: process.env.PATH, ...env }, execArgv: ["--expose-gc"] });
  const exit = once(child, "exit");
  try {
    await answerOf(child);
    await settle();
    child.send("work");
    return await answerOf<Measured<T>>(child);
  } finally {
    if (child.connected) child.disconnect();
    await exit;
  }
}
