import { EventEmitter } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { openApp } from "../../src/app";
import { runCommandLine } from "../../src/cli/command-line";
import { watchForInterruption } from "../../src/cli/interruption";

export interface RealCommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What standard input holds. */
  readonly stdin?: string;
  /** Columns of a terminal; without it the output is none. */
  readonly columns?: number;
  /** What is said on standard error stands among what is said on standard output, as in a shell after `2>&1`. */
  readonly together?: boolean;
  /** Which lines of the log are written, on the standard error of this process; `error` unless told. */
  readonly logLevel?: string;
}

export interface RunningCommand {
  readonly signals: EventEmitter;
  /** Everything said on standard output so far. */
  readonly said: () => string;
  /** Resolves when what was said on standard output since the last call holds the words. */
  readonly saying: (words: string) => Promise<string>;
  readonly ended: Promise<{ readonly exitCode: number; readonly out: string; readonly err: string }>;
}

/** Starts a command line in this process, with the app as it is, in a folder of files. */
export function startCommand(home: string, argv: readonly string[], options: RealCommandOptions = {}): RunningCommand {
  const { env = {}, stdin = "", columns, together = false, logLevel = "error" } = options;
  const tty = columns === undefined ? {} : { isTTY: true, columns };
  const stdout = Object.assign(new PassThrough(), tty);
  const stderr = together ? stdout : new PassThrough();
  const chunks: string[] = [];
  let heard = 0;
  let listening = (): void => undefined;
  stdout.on("data", (chunk) => {
    chunks.push(String(chunk));
    listening();
  });
  const errors: string[] = [];
  if (!together) stderr.on("data", (chunk) => errors.push(String(chunk)));
  const signals = new EventEmitter();
  const interruption = watchForInterruption(signals, stderr, () => undefined);
  const around = {
    terminal: { stdin: Readable.from([Buffer.from(stdin)]), stdout, stderr, env, cwd: home },
    interruption,
    openApp,
  };
  const said = (): string => chunks.join("");
  return {
    signals,
    said,
    saying: (words) =>
      new Promise((resolve) => {
        listening = () => {
          const now = said().slice(heard);
          if (!now.includes(words)) return;
          heard = said().length;
          listening = () => undefined;
          resolve(now);
        };
        listening();
      }),
    ended: runCommandLine(["-C", home, "--log-level", logLevel, ...argv], "9.9.9", around).then((exitCode) => ({
      exitCode,
      out: said(),
      err: errors.join(""),
    })),
  };
}

/** Runs a command line to its end. */
export const realCommand = (home: string, argv: readonly string[], options?: RealCommandOptions) =>
  startCommand(home, argv, options).ended;
