import type { EventEmitter } from "node:events";
import { Failure } from "../domain/errors";
import { EXIT } from "../domain/exit-codes";
import type { Output } from "./text/terminal";

const EXIT_ON = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;
/** In milliseconds. What hangs is not waited for: a supervisor kills after 30 s or so, and a cut is as safe as that. */
const GRACE_PERIOD = 23_000;
type Signal = keyof typeof EXIT_ON;

export interface Interruption {
  /** Aborted by the first signal: finish what is at hand. */
  readonly signal: AbortSignal;
  /** By the signal that came, Ctrl-C if none did. */
  readonly exitCode: () => number;
  readonly stop: () => void;
}

/** Ctrl-C or SIGTERM once asks for a safe end, which comes within 25 s whatever hangs; twice ends at once. */
export function watchForInterruption(
  signals: EventEmitter,
  stderr: Output,
  exit: (code: number) => void,
): Interruption {
  const controller = new AbortController();
  let received: Signal | null = null;
  let timer: NodeJS.Timeout | undefined;
  const on = (signal: Signal) => (): void => {
    if (received !== null) {
      exit(EXIT_ON[signal]);
      return;
    }
    received = signal;
    stderr.write("\nending: what is under way is finished first; a second signal ends at once, which is safe too\n");
    timer = setTimeout(exit, GRACE_PERIOD, EXIT_ON[signal]);
    timer.unref();
    controller.abort(new Failure("RUN004", "interrupted; what was written is whole, the rest is done by the next run"));
  };
  const listeners = { SIGINT: on("SIGINT"), SIGTERM: on("SIGTERM") };
  for (const [signal, listener] of Object.entries(listeners)) signals.on(signal, listener);
  return {
    signal: controller.signal,
    exitCode: () => EXIT_ON[received ?? "SIGINT"],
    stop() {
      clearTimeout(timer);
      for (const [signal, listener] of Object.entries(listeners)) signals.off(signal, listener);
    },
  };
}
