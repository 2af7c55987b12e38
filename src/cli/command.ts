import { statSync } from "node:fs";
import type { Command } from "commander";
import { homeFolder } from "../config/environment";
import { whyUnreadable } from "../config/read-file";
import type { App, AppOptions, Follower } from "../domain/app";
import { Failure } from "../domain/errors";
import { EXIT } from "../domain/exit-codes";
import { type Answer, type Format, printAnswer, refuseCsv } from "./answer";
import { type AnswerStream, openAnswerStream, type StreamedAnswer } from "./answer-stream";
import { triggeredBy } from "./arguments/triggered-by";
import type { Interruption } from "./interruption";
import { showProgress } from "./progress";
import { canRedraw, type Terminal } from "./text/terminal";

/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  readonly directory?: string;
  readonly output?: Format;
  readonly json?: true;
  readonly logLevel?: string;
}

/** What a command works with. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly interruption: Interruption;
  /** The folder worked in, absolute. */
  readonly home: string;
  /** Opens the app, which is slow to load, only when there is something to ask it; closes it whatever happens. `use` gives the exit code. */
  readonly withApp: (use: (app: App) => Promise<number>) => Promise<number>;
  /** Of the answer. */
  readonly format: Format;
  readonly answer: (answer: Answer) => void;
  readonly stream: <T>(answer: StreamedAnswer<T>) => AnswerStream<T>;
  /** Shows the progress of a run while `use` waits for it. */
  readonly following: <T>(source: string, reason: string | undefined, use: (by: Follower) => Promise<T>) => Promise<T>;
}

export interface Surroundings {
  readonly terminal: Terminal;
  readonly interruption: Interruption;
  readonly openApp: (options: AppOptions) => Promise<App>;
}

/**
 * Does what a command is for; its result is the exit code. `table` says whether there is a csv form; a `lasting` command stays,
 * and tells in the log what it does.
 */
export type Perform = (
  command: { readonly name: string; readonly table: boolean; readonly lasting?: boolean },
  work: (context: CommandContext) => Promise<number>,
) => Promise<void>;

/** Adds one command to the program. */
export type AddCommand = (program: Command, perform: Perform) => void;

export const formatOf = ({ json, output }: GlobalOptions): Format => (json === true ? "json" : (output ?? "text"));

/** @throws Failure USE001 for what only the surroundings can tell to be wrong */
export function contextOf(
  { name, table, lasting = false }: Parameters<Perform>[0],
  options: GlobalOptions,
  { terminal, interruption, openApp }: Surroundings,
): CommandContext {
  const { stderr, env, cwd } = terminal;
  const format = formatOf(options);
  if (format === "csv" && !table) throw refuseCsv(name);
  const home = homeFolder(options.directory ?? null, env, cwd);
  refuseUnlessFolder(home);
  const logLevel = options.logLevel ?? null;
  const chatty = ["info", "debug"].includes(logLevel ?? env.LOG_LEVEL ?? "");
  return {
    terminal,
    interruption,
    home,
    format,
    async withApp(use) {
      const app = await openApp({ home, env, logLevel, lasting });
      try {
        const exitCode = await use(app);
        // A database that went out of reach would only be waited for once more.
        if (!lasting && exitCode !== EXIT.store) await app.sealAudit();
        return exitCode;
      } finally {
        await app.close();
      }
    },
    answer: (answer) => printAnswer(answer, format, terminal),
    stream: (answer) => openAnswerStream(answer, format, terminal),
    async following(source, reason, use) {
      // Lines of the log would break the bars.
      const live = canRedraw(stderr, env) && !chatty;
      const progress = showProgress(source, { stderr, live, now: Date.now });
      try {
        return await use({ trigger: triggeredBy(reason), onEvent: progress.follow, signal: interruption.signal });
      } finally {
        progress.stop();
      }
    },
  };
}

const ANOTHER = "correct -C or UNDERSTUDY_HOME";

/** @throws Failure USE001 */
function refuseUnlessFolder(home: string): void {
  try {
    if (statSync(home, { throwIfNoEntry: false })?.isDirectory() === true) return;
  } catch (error) {
    const { why, fix } = whyUnreadable(error, home);
    throw new Failure("USE001", `${home} cannot be worked in: ${why}`, { fix: `${fix}, or ${ANOTHER}` });
  }
  throw new Failure("USE001", `there is no folder ${home}`, { fix: ANOTHER });
}

/** The examples stand first: they answer most questions. */
export const examples = (...lines: readonly string[]): string =>
  `Examples:\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
