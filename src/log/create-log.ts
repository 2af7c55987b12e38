import type { Writable } from "node:stream";
import { createLogger, format, type Logger, transports } from "winston";
import type { Log } from "../domain/log";
import { plain } from "../domain/plain";
import { createMask, type Mask } from "./mask";

const LEVELS = { error: 0, warn: 1, info: 2, debug: 3 } as const;
type Level = keyof typeof LEVELS;
type Fields = Readonly<Record<string, unknown>>;

export interface LogOptions {
  /** error, warn, info or debug; anything else means warn: a command that ends tells what it did itself. */
  readonly level: string | null;
  /** Null: text on a terminal and json elsewhere. */
  readonly format: "json" | "text" | null;
  /** Standard error when not given: standard output is for data. */
  readonly stream?: Writable & { readonly isTTY?: boolean };
}

export interface MaskedLog extends Log {
  /** Replaces these values wherever they stand in a line. */
  maskValues(secrets: readonly string[]): void;
  /** Replaces what goes under these names: fields that mappings mark `pii`. */
  maskFields(names: readonly string[]): void;
}

/**
 * The log: one line an event, as JSON `{time, level, message, …}` or as text for people. What `child` adds stands in every
 * line, so that a run's number leads through all of them. Every line passes the mask; stacks show at level debug only.
 */
export function createLog(options: LogOptions): MaskedLog {
  const stream = options.stream ?? process.stderr;
  const onTerminal = stream.isTTY === true;
  const level = isLevel(options.level) ? options.level : "warn";
  const mask = createMask({ stacks: level === "debug" });
  const logger = createLogger({
    level,
    levels: LEVELS,
    format: format.printf(({ level: of, message, fields }) =>
      lineOf((options.format ?? (onTerminal ? "text" : "json")) === "json", of, String(message), fields as Fields),
    ),
    transports: [new transports.Stream({ stream, eol: "\n" })],
  });
  return {
    ...logWith(logger, mask, {}),
    maskValues: mask.addValues,
    maskFields: mask.addFields,
  };
}

function logWith(logger: Logger, mask: Mask, bound: Fields): Log {
  const write =
    (level: Level) =>
    (message: string, fields: Fields = {}): void => {
      if (!logger.isLevelEnabled(level)) return;
      logger.log({ level, message: mask.text(message), fields: mask.apply({ ...bound, ...fields }) });
    };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    child: (fields) => logWith(logger, mask, { ...bound, ...fields }),
  };
}

function lineOf(asJson: boolean, level: string, message: string, fields: Fields): string {
  const time = new Date().toISOString();
  const own = { time, level, message };
  // Named first, to stand first; named last, so that no field passes for one of them.
  // What JSON leaves as it is, such as U+009B, means the same written out.
  if (asJson) return plain(JSON.stringify(Object.assign({ ...own }, fields, own)));
  const details = Object.entries(fields).map(([name, value]) => `${name}=${textOf(value)}`);
  return plain([time.slice(11, 19), level.padEnd(5), message, ...details].join(" "));
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
const isLevel = (word: string | null): word is Level => word !== null && Object.hasOwn(LEVELS, word);
