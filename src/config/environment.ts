import { join, resolve } from "node:path";
import type { Problem } from "../domain/errors";
import { Secret } from "../domain/secret";
import { nearest, suggestion } from "../domain/suggest";
import { type EnvFile, readEnvFile } from "./env-file";
import { ENVIRONMENT } from "./format-problem";
import { MOST_BYTES, readTextFile } from "./read-file";
import { WEB, whyNoUrl } from "./why-no-url";
import { SourceText } from "./yaml/source-text";

const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
const LOG_FORMATS = ["json", "text"] as const;

/** Every variable that Understudy itself reads; what job files name with `${…}` comes on top. `.env.example` explains each. */
export const VARIABLES = [
  "DATABASE_URL",
  "REDIS_URL",
  "SMTP_URL",
  "SMTP_FROM",
  "HTTP_HOST",
  "HTTP_PORT",
  "PUBLIC_URL",
  "SESSION_HOURS",
  "WORKER_CONCURRENCY",
  "QUEUE_CONCURRENCY",
  "LOGIN_PEPPER",
  "LOGIN_PEPPER_PREVIOUS",
  "LOGIN_HASH",
  "UNDERSTUDY_HOME",
  "LOG_LEVEL",
  "LOG_FORMAT",
  "NO_COLOR",
  "FORCE_COLOR",
  "CI",
  "ACCESSIBLE",
] as const;

/** In characters. 32 random ones are beyond guessing. */
const SECRET_LENGTH = 32;
/** The least that OWASP recommends for argon2id. */
const HASH_FLOOR = { memoryCost: 19_456, timeCost: 2 } as const;
/** 1 GiB, for every hash under way. */
const HASH_CEILING = 1_048_576;
/** Why a base URL must be bare: paths are appended to it. */
const NOT_BARE = {
  why: "must be without a user, a query and a fragment",
  hint: "such as https://login.example.com",
} as const;

type Variable = (typeof VARIABLES)[number];
type LogLevel = (typeof LOG_LEVELS)[number];
export type Env = Readonly<Record<string, string | undefined>>;

/** What the environment says, validated and frozen. How a terminal is drawn to is the command line's own business. */
interface Settings {
  /** Null: the embedded server. */
  readonly databaseUrl: Secret | null;
  /** Null: the queue lives in the database. */
  readonly redisUrl: Secret | null;
  /** The server that mail is given to; null: none is sent. */
  readonly smtpUrl: Secret | null;
  /** Whom mail comes from. */
  readonly smtpFrom: string | null;
  /** The address that health is served at. */
  readonly httpHost: string;
  /** Null: `up` takes its usual one, the other parts do not listen. */
  readonly httpPort: number | null;
  /** How the outside world reaches the API, without a slash at its end: `iss` of tokens. Null: a name of this mirror. */
  readonly publicUrl: string | null;
  /** From a login to the end of its session. */
  readonly sessionHours: number;
  /** Runs at once in one worker process. */
  readonly workerConcurrency: number;
  /** Runs at once over all worker processes; null: no limit but theirs. */
  readonly queueConcurrency: number | null;
  /** What passwords are hashed with, beside the database; null: one that is made once and kept under `.understudy/`. */
  readonly loginPepper: Secret | null;
  /** The one before: what was made with it is still read. */
  readonly loginPepperPrevious: Secret | null;
  /** What a hash of a password costs: KiB, passes, lanes. Null: as recommended. */
  readonly loginHash: { readonly memoryCost: number; readonly timeCost: number; readonly parallelism: number } | null;
  /** Null: whatever fits the place, warn on a terminal and info elsewhere. */
  readonly logLevel: LogLevel | null;
  /** Null: text on a terminal and json elsewhere. */
  readonly logFormat: (typeof LOG_FORMATS)[number] | null;
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
  const file = readEnvFile(join(home, ".env"));
  const merged: Env = Object.freeze({ ...file?.values, ...env });
  const problems: Problem[] = [...(file?.problems ?? [])];
  const report = (name: string, message: string, hint: string | null, severity: Problem["severity"] = "error") =>
    problems.push(problemAt({ name, message, hint, severity }, env[name] === undefined ? file : null));

  for (const name of Object.keys(merged)) {
    if ((VARIABLES as readonly string[]).includes(name)) continue;
    const isOurs = name.startsWith("UNDERSTUDY_");
    // Of other programs there are CC and SMTP_PORT, as near to CI and HTTP_PORT as a slip of two letters.
    const near = nearest(name, VARIABLES, isOurs ? undefined : name.length > 5 ? 1 : 0);
    // No error: Kubernetes adds variables such as UNDERSTUDY_SERVICE_HOST for a service of that name.
    if (isOurs || near !== null) {
      const hint = near === null ? null : `did you mean \`${near}\`?`;
      report(name, `\`${name}\` is not a variable that Understudy reads`, hint, "warning");
    }
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
    const wrong = whyNoUrl(value, protocols);
    if (wrong !== null) report(name, `\`${name}\` ${wrong.why}`, wrong.hint);
    return new Secret(value);
  };
  const origin = (name: Variable): string | null => {
    const value = merged[name];
    if (value === undefined || value === "") return null;
    const wrong = whyNoUrl(value, WEB) ?? (/[?#]|\/\/[^/]*@/.test(value) ? NOT_BARE : null);
    if (wrong !== null) report(name, `\`${name}\` ${wrong.why}`, wrong.hint);
    return value.replace(/\/+$/, "");
  };
  const whole = (name: Variable, least: number, most: number): number | null => {
    const value = merged[name];
    if (value === undefined || value === "") return null;
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    report(name, `\`${name}\` must be a whole number from ${least} to ${most}`, null);
    return null;
  };
  const sender = (): string | null => {
    const value = merged.SMTP_FROM;
    if (value === undefined || value === "") {
      if (merged.SMTP_URL)
        report("SMTP_FROM", "`SMTP_URL` is set, but nothing says whom mail comes from", "set `SMTP_FROM`");
      return null;
    }
    if (!/^[^\r\n<>]*<?[^\s<>@]+@[^\s<>@]+>?$/.test(value))
      report("SMTP_FROM", "`SMTP_FROM` must be an e-mail address", "e.g. `understudy@example.com`");
    return value;
  };
  const secret = (name: Variable): Secret | null => {
    const value = merged[name];
    if (value === undefined || value === "") return null;
    const path = value.startsWith("file:") ? value.slice("file:".length) : null;
    const content = path === null ? value : readTextFile(resolve(home, path), MOST_BYTES.secret);
    if (typeof content !== "string") {
      report(name, `the file that \`${name}\` names cannot be read: ${content.why}`, content.fix);
      return null;
    }
    if (content.trim().length >= SECRET_LENGTH) return new Secret(path === null ? content : content.trim());
    report(name, `\`${name}\` must be ${SECRET_LENGTH} characters or more`, "make one: openssl rand -base64 32");
    return null;
  };
  const hashCost = (name: Variable): Settings["loginHash"] => {
    const value = merged[name];
    if (value === undefined || value === "") return null;
    const [, ...costs] = (/^m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})$/.exec(value) ?? []).map(Number);
    const [memoryCost = 0, timeCost = 0, parallelism = 0] = costs;
    const [least, most] = [HASH_FLOOR, HASH_CEILING];
    if (memoryCost >= least.memoryCost && memoryCost <= most && timeCost >= least.timeCost && parallelism >= 1)
      return { memoryCost, timeCost, parallelism };
    const message = `\`${name}\` must be m=${least.memoryCost} to ${most} (KiB), t=${least.timeCost} and p=1 or more`;
    report(name, message, "e.g. m=65536,t=3,p=1");
    return null;
  };
  const settings: Settings = {
    databaseUrl: url("DATABASE_URL", ["postgres:", "postgresql:"]),
    redisUrl: url("REDIS_URL", ["redis:", "rediss:"]),
    smtpUrl: url("SMTP_URL", ["smtp:", "smtps:"]),
    smtpFrom: sender(),
    httpHost: merged.HTTP_HOST || "127.0.0.1",
    httpPort: whole("HTTP_PORT", 0, 65_535),
    publicUrl: origin("PUBLIC_URL"),
    sessionHours: whole("SESSION_HOURS", 1, 720) ?? 12,
    workerConcurrency: whole("WORKER_CONCURRENCY", 1, 100) ?? 4,
    queueConcurrency: whole("QUEUE_CONCURRENCY", 1, 1_000),
    loginPepper: secret("LOGIN_PEPPER"),
    loginPepperPrevious: secret("LOGIN_PEPPER_PREVIOUS"),
    loginHash: hashCost("LOGIN_HASH"),
    logLevel: choice("LOG_LEVEL", LOG_LEVELS),
    logFormat: choice("LOG_FORMAT", LOG_FORMATS),
  };
  return Object.freeze({ settings: Object.freeze(settings), env: merged, problems });
}

/** A mistake in `.env` is shown at its line, without the value; one in the process's environment by the variable's name. */
function problemAt(
  { name, ...said }: Pick<Problem, "message" | "hint" | "severity"> & { readonly name: string },
  file: EnvFile | null,
): Problem {
  const start = file?.places.get(name);
  const finding = { code: "CFG012", ...said, length: name.length } as const;
  return file === null || start === undefined
    ? new SourceText(ENVIRONMENT, `${name}=`).problem({ ...finding, start: 0 })
    : file.source.problem({ ...finding, start });
}
