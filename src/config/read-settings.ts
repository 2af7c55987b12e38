import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import type { KeptFor } from "../domain/retention";
import { Secret } from "../domain/secret";
import { suggestion } from "../domain/suggest";
import { readCertificates } from "./read-certificates";
import { MOST_BYTES, readTextFile } from "./read-file";
import { type NoUrl, WEB, whyNoUrl } from "./why-no-url";

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
  "NODE_EXTRA_CA_CERTS",
  "LOGIN_PEPPER",
  "LOGIN_PEPPER_PREVIOUS",
  "LOGIN_HASH",
  "KEEP_AUDIT_MONTHS",
  "KEEP_TOMBSTONE_DAYS",
  "KEEP_REJECT_DAYS",
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

const SPACED = { why: "must be without white space", hint: null } as const;
/** Some pass on what they are given with its quotes: `docker --env-file` does. */
const QUOTED = /^(["'`]).*\1$/s;
const UNQUOTE = "take the quotes away: they are a part of the value here";
/** An e-mail address with a name before it, or alone. */
const SENDER = /^(?:[^\r\n<>]*<[^\s<>@,;]+@[^\s<>@,;]+>|[^\s<>@,;]+@[^\s<>@,;]+)$/;

type Variable = (typeof VARIABLES)[number];
type LogLevel = (typeof LOG_LEVELS)[number];
type Values = Readonly<Record<string, string | undefined>>;
type Report = (name: Variable, message: string, hint: string | null) => void;

/** What the environment says, validated and frozen. How a terminal is drawn to is the command line's own business. */
export interface Settings {
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
  /** Certificates in PEM of authorities that are believed beside those that Node believes; null: none that it has not read itself. */
  readonly authorities: string | null;
  /** What passwords are hashed with, beside the database; null: one that is made once and kept under `.understudy/`. */
  readonly loginPepper: Secret | null;
  /** The one before: what was made with it is still read. */
  readonly loginPepperPrevious: Secret | null;
  /** What a hash of a password costs: KiB, passes, lanes. Null: as recommended. */
  readonly loginHash: { readonly memoryCost: number; readonly timeCost: number; readonly parallelism: number } | null;
  /** What is older is removed. */
  readonly kept: KeptFor;
  /** Null: whatever fits the place, warn on a terminal and info elsewhere. */
  readonly logLevel: LogLevel | null;
  /** Null: text on a terminal and json elsewhere. */
  readonly logFormat: (typeof LOG_FORMATS)[number] | null;
}

/**
 * Reads what Understudy itself uses.
 *
 * @param home relative paths of secret files begin here
 * @param report is told of each value that cannot be used
 */
export function readSettings(values: Values, home: string, report: Report): Settings {
  const read = new SettingsReader(values, home, report);
  return Object.freeze({
    databaseUrl: read.url("DATABASE_URL", ["postgres:", "postgresql:"]),
    redisUrl: read.url("REDIS_URL", ["redis:", "rediss:"], ({ pathname }) =>
      /^\/?\d*$/.test(pathname)
        ? null
        : { why: "names a database that is no number", hint: "such as redis://localhost:6379/0" },
    ),
    smtpUrl: read.url("SMTP_URL", ["smtp:", "smtps:"], ({ hostname }) =>
      hostname === "" ? { why: "names no host", hint: null } : null,
    ),
    smtpFrom: read.sender(),
    httpHost: read.text("HTTP_HOST") ?? "127.0.0.1",
    httpPort: read.whole("HTTP_PORT", 0, 65_535),
    publicUrl: read.baseUrl("PUBLIC_URL"),
    sessionHours: read.whole("SESSION_HOURS", 1, 720) ?? 12,
    workerConcurrency: read.whole("WORKER_CONCURRENCY", 1, 100) ?? 4,
    queueConcurrency: read.whole("QUEUE_CONCURRENCY", 1, 1_000),
    authorities: read.authorities("NODE_EXTRA_CA_CERTS"),
    loginPepper: read.secret("LOGIN_PEPPER"),
    loginPepperPrevious: read.secret("LOGIN_PEPPER_PREVIOUS"),
    loginHash: read.hashCost("LOGIN_HASH"),
    kept: {
      auditMonths: read.whole("KEEP_AUDIT_MONTHS", 12, 1_200) ?? 24,
      tombstoneDays: read.whole("KEEP_TOMBSTONE_DAYS", 7, 3_650) ?? 30,
      rejectDays: read.whole("KEEP_REJECT_DAYS", 7, 3_650) ?? 28,
    },
    logLevel: read.choice("LOG_LEVEL", LOG_LEVELS),
    logFormat: read.choice("LOG_FORMAT", LOG_FORMATS),
  });
}

/** Reads each variable as what it should be; null when it is not set. Once one is reported, nobody uses what is returned. */
class SettingsReader {
  constructor(
    private readonly values: Values,
    private readonly home: string,
    private readonly tell: Report,
  ) {}

  text(name: Variable): string | null {
    return this.#valueOf(name);
  }

  choice<T extends string>(name: Variable, allowed: readonly T[]): T | null {
    const value = this.#valueOf(name);
    if (value === null) return null;
    const chosen = allowed.find((word) => word === value.toLowerCase());
    if (chosen === undefined) this.#report(name, `\`${name}\` cannot be \`${value}\``, suggestion(value, allowed));
    return chosen ?? null;
  }

  /** @param look what else may be wrong with it */
  url(name: Variable, protocols: readonly string[], look: (url: URL) => NoUrl | null = () => null): Secret | null {
    const value = this.#valueOf(name);
    if (value === null) return null;
    const wrong = whyNoUrl(value, protocols) ?? (URL.canParse(value) ? look(new URL(value)) : null);
    if (wrong !== null) this.#report(name, `\`${name}\` ${wrong.why}`, wrong.hint);
    return new Secret(value);
  }

  /** A URL that paths are appended to; without a slash at its end. */
  baseUrl(name: Variable): string | null {
    const value = this.#valueOf(name);
    if (value === null) return null;
    const wrong = whyNoUrl(value, WEB) ?? (/[?#]|\/\/[^/]*@/.test(value) ? NOT_BARE : /\s/.test(value) ? SPACED : null);
    if (wrong !== null) this.#report(name, `\`${name}\` ${wrong.why}`, wrong.hint);
    return value.replace(/\/+$/, "");
  }

  whole(name: Variable, least: number, most: number): number | null {
    const value = this.#valueOf(name);
    if (value === null) return null;
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    const hint = /^\d+\D/.test(value) ? "write the number alone, without a unit" : null;
    this.#report(name, `\`${name}\` must be a whole number from ${least} to ${most}`, hint);
    return null;
  }

  sender(): string | null {
    const value = this.#valueOf("SMTP_FROM");
    if (value === null) {
      if (this.#valueOf("SMTP_URL") !== null)
        this.#report("SMTP_FROM", "`SMTP_URL` is set, but nothing says who the mail comes from", "set `SMTP_FROM`");
      return null;
    }
    if (!SENDER.test(value))
      this.#report("SMTP_FROM", "`SMTP_FROM` must be an e-mail address", "e.g. `understudy@example.com`");
    return value;
  }

  /** Given itself, as it stands, or by `file:` and the path of a file that holds it. */
  secret(name: "LOGIN_PEPPER" | "LOGIN_PEPPER_PREVIOUS"): Secret | null {
    const value = this.#valueOf(name);
    if (value === null) return null;
    const path = value.startsWith("file:") ? value.slice("file:".length).trim() : null;
    // What was in use all the same can still be named as the one before.
    if (path === "" || (path === null && name === "LOGIN_PEPPER" && namesSecret(value))) {
      const message = `\`${name}\` must be the secret itself, or \`file:\` and a path`;
      this.tell(name, message, "write `file:PATH`, in small letters and without quotes");
      return null;
    }
    const content = path === null ? this.values[name] : readTextFile(resolve(this.home, path), MOST_BYTES.secret);
    if (typeof content === "object") {
      this.#report(name, `the file that \`${name}\` names cannot be read: ${content.why}`, content.fix);
      return null;
    }
    if (content !== undefined && content.trim().length >= SECRET_LENGTH)
      return new Secret(path === null ? content : content.trim());
    this.#report(name, `\`${name}\` must be ${SECRET_LENGTH} characters or more`, "make one: openssl rand -base64 32");
    return null;
  }

  /** The certificates that a file holds. */
  authorities(name: Variable): string | null {
    const value = this.#valueOf(name);
    if (value === null) return null;
    const found = readCertificates(resolve(this.home, value), { each: true });
    if (typeof found === "string") return found;
    this.#report(name, `the file that \`${name}\` names ${found.wrong}`, found.hint);
    return null;
  }

  /** As argon2 writes it: `m=65536,t=3,p=1`. */
  hashCost(name: Variable): Settings["loginHash"] {
    const value = this.#valueOf(name);
    if (value === null) return null;
    const [, ...costs] = (/^m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})$/.exec(value) ?? []).map(Number);
    const [memoryCost = 0, timeCost = 0, parallelism = 0] = costs;
    const [least, most] = [HASH_FLOOR, HASH_CEILING];
    if (memoryCost >= least.memoryCost && memoryCost <= most && timeCost >= least.timeCost && parallelism >= 1)
      return { memoryCost, timeCost, parallelism };
    const message = `\`${name}\` must be m=${least.memoryCost} to ${most} (KiB), t=${least.timeCost} and p=1 or more`;
    this.#report(name, message, "e.g. m=65536,t=3,p=1");
    return null;
  }

  /** Without white space around it. One that is empty counts as not set, one of nothing else is a mistake. */
  #valueOf(name: Variable): string | null {
    const value = this.values[name] || null;
    return value?.trim() || value;
  }

  #report(name: Variable, message: string, hint: string | null): void {
    this.tell(name, message, QUOTED.test(this.#valueOf(name) ?? "") ? UNQUOTE : hint);
  }
}

/** Where a secret is, and none itself: everybody could guess it. */
const namesSecret = (value: string): boolean =>
  /^["'`]*file:|^\$[{(]/i.test(value) || (isAbsolute(value) && existsSync(value));
