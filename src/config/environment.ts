import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import type { Problem } from "../domain/errors";
import { Secret } from "../domain/secret";
import { SourceText } from "./source-text";
import { suggestion } from "./suggest";

const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
const LOG_FORMATS = ["json", "text"] as const;

/** Every variable that Understudy itself reads; what job files name with `${…}` comes on top. `.env.example` explains each. */
export const VARIABLES = [
  "DATABASE_URL",
  "REDIS_URL",
  "UNDERSTUDY_HOME",
  "LOG_LEVEL",
  "LOG_FORMAT",
  "NO_COLOR",
  "CI",
  "ACCESSIBLE",
] as const;

export type Variable = (typeof VARIABLES)[number];
export type LogLevel = (typeof LOG_LEVELS)[number];
export type Env = Readonly<Record<string, string | undefined>>;

/** What the environment says, validated and frozen. */
export interface Settings {
  /** Null: the embedded server. */
  readonly databaseUrl: Secret | null;
  /** Null: the queue lives in the database. */
  readonly redisUrl: Secret | null;
  /** Null: whatever fits the place, warn on a terminal and info elsewhere. */
  readonly logLevel: LogLevel | null;
  /** Null: text on a terminal and json elsewhere. */
  readonly logFormat: (typeof LOG_FORMATS)[number] | null;
  readonly noColor: boolean;
  readonly ci: boolean;
  /** Plain lines instead of bars that redraw themselves. */
  readonly accessible: boolean;
}

export interface Environment {
  readonly settings: Settings;
  /** The process's variables over those of `.env`; `${NAME}` in files is looked up here. */
  readonly env: Env;
  readonly problems: readonly Problem[];
}

/** The folder worked in: `-C DIR`, else UNDERSTUDY_HOME, else the current one. Absolute. */
export function homeFolder(directory: string | null, env: Env, current: string): string {
  return resolve(current, directory ?? (env.UNDERSTUDY_HOME || "."));
}

/** Reads `.env` of the folder worked in under the process's own variables, and validates what Understudy itself uses. */
export function loadEnvironment({ home, env }: { readonly home: string; readonly env: Env }): Environment {
  const text = readEnvFile(join(home, ".env"));
  const inFile: Env = text === null ? {} : parseEnv(text);
  const merged: Env = Object.freeze({ ...inFile, ...env });
  const problems: Problem[] = [];
  const report = (name: string, message: string, hint: string | null) =>
    problems.push(problemAt(name, message, hint, env[name] === undefined ? text : null));

  for (const name of Object.keys(merged)) {
    if (!name.startsWith("UNDERSTUDY_") || (VARIABLES as readonly string[]).includes(name)) continue;
    report(name, `\`${name}\` is not a variable that Understudy reads`, suggestion(name, VARIABLES, ""));
  }
  const choice = <T extends string>(name: Variable, allowed: readonly T[]): T | null => {
    const value = merged[name];
    if (value === undefined || value === "") return null;
    const chosen = allowed.find((word) => word === value.toLowerCase());
    if (chosen === undefined) report(name, `\`${name}\` cannot be \`${value}\``, suggestion(value, allowed));
    return chosen ?? null;
  };
  const url = (name: Variable, protocols: readonly string[]): Secret | null => {
    const value = merged[name];
    if (value === undefined || value === "") return null;
    const isFitting = URL.canParse(value) && protocols.includes(new URL(value).protocol);
    // The value is never shown: it holds a password.
    if (!isFitting) report(name, `\`${name}\` must be a URL that begins with ${protocols[0]}//`, null);
    return new Secret(value);
  };
  const settings: Settings = {
    databaseUrl: url("DATABASE_URL", ["postgres:", "postgresql:"]),
    redisUrl: url("REDIS_URL", ["redis:", "rediss:"]),
    logLevel: choice("LOG_LEVEL", LOG_LEVELS),
    logFormat: choice("LOG_FORMAT", LOG_FORMATS),
    noColor: isSet(merged.NO_COLOR),
    ci: isOn(merged.CI),
    accessible: isOn(merged.ACCESSIBLE),
  };
  return Object.freeze({ settings: Object.freeze(settings), env: merged, problems });
}

/** https://no-color.org: any value that is not empty. */
const isSet = (value: string | undefined) => value !== undefined && value !== "";
const isOn = (value: string | undefined) => isSet(value) && !/^(0|false|no)$/i.test(value ?? "");

function readEnvFile(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // A folder without `.env` is the ordinary case.
    return null;
  }
}

/** A mistake in `.env` is shown at its line, without the value; one in the process's environment by the variable's name. */
function problemAt(name: string, message: string, hint: string | null, text: string | null): Problem {
  const start = text === null ? -1 : text.search(new RegExp(`^[ \\t]*(export[ \\t]+)?${name}[ \\t]*=`, "m"));
  const hidden = (text ?? "").replace(/=[^\r\n]*/g, (value) => `=${"*".repeat(value.length - 1)}`);
  const finding = { code: "CFG012", message, hint, length: name.length } as const;
  if (text === null || start < 0) return new SourceText("environment", `${name}=`).problem({ ...finding, start: 0 });
  return new SourceText(".env", text, hidden).problem({ ...finding, start: text.indexOf(name, start) });
}
