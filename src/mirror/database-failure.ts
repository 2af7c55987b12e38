import { isNativeError } from "node:util/types";
import type { Code } from "../domain/error-codes";
import { Failure } from "../domain/errors";
import { READER_SCHEMA } from "./role-names";

interface Known {
  readonly code: Code;
  readonly says: string;
  readonly fix: string;
  /** Over in a moment, as a rule: a connection that was lost, a server that restarts, a collision with another transaction. */
  readonly passes?: true;
}

const REACH_IT = "see that the PostgreSQL server runs and can be reached from here, then run the command again";
const EMBEDDED = "the embedded database in ";
/** That one is nobody's to see to: a command starts it. */
const START_IT = "run the command again: it starts the database, or says why that does not start";

/** Names the embedded server in messages. */
export const embeddedIn = (folder: string): string => `${EMBEDDED}${folder}`;

const outOfReach = (says: string): Known => ({
  passes: true,
  code: "DB001",
  says,
  fix: REACH_IT,
});
const LOST = outOfReach("the connection was lost; what was not committed is rolled back");
const busy = (says: string): Known => ({
  code: "DB001",
  says,
  fix: "see what else works on the database (pg_stat_activity), then run the command again",
});
/** Postgres has rolled all of it back, and the next time the others are through. */
const COLLISION: Known = { ...busy("another transaction came in between"), passes: true };
const UNTRUSTED: Known = {
  code: "DB004",
  says: "its certificate is not trusted",
  fix: "name the authority with sslrootcert= in DATABASE_URL, or in NODE_EXTRA_CA_CERTS of the process's own environment",
};
const LOGIN: Known = {
  code: "DB002",
  says: "it refused the user or the password",
  fix: "set the right user and password in DATABASE_URL",
};

const READ_ONLY: Known = {
  code: "DB010",
  says: "it is read-only",
  fix: "name the primary server in DATABASE_URL, not a replica",
};

/** By error code: SQLSTATE, its class, or Node's. */
const KNOWN: Readonly<Record<string, Known>> = {
  ECONNREFUSED: outOfReach("connection refused"),
  ENOENT: outOfReach("there is no such socket"),
  ENOTFOUND: outOfReach("the host's name is not known"),
  EAI_AGAIN: outOfReach("the host's name cannot be looked up now"),
  ETIMEDOUT: outOfReach("it does not answer"),
  EHOSTUNREACH: outOfReach("there is no way to that host"),
  ENETUNREACH: outOfReach("there is no way to that network"),
  ECONNRESET: LOST,
  EPIPE: LOST,
  "08": LOST,
  "57P01": LOST,
  "57P02": LOST,
  "57P03": outOfReach("it is starting up or shutting down"),
  "57P05": LOST,
  "25P03": LOST,
  "55P03": { ...busy("another session held a lock for too long"), passes: true },
  "40001": COLLISION,
  "40P01": COLLISION,
  "57014": busy("it took too long over one statement"),
  "53300": {
    ...outOfReach("it has no connection to spare"),
    fix: "let it take more (max_connections, or the limit of the database or the role), or run fewer processes",
  },
  "28": LOGIN,
  "3D000": {
    code: "DB003",
    says: "there is no such database",
    fix: "create it (createdb), or name another one in DATABASE_URL",
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: { ...UNTRUSTED, says: "its certificate has expired", fix: "have the certificate renewed" },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    ...UNTRUSTED,
    says: "its certificate is for another name",
    fix: "use the name in the certificate in DATABASE_URL",
  },
  "53100": { code: "DB010", says: "its disk is full", fix: "free some space on the database's disk" },
  "42501": {
    code: "DB012",
    says: "its role may not do what is needed",
    fix: "give DATABASE_URL a login that may: with separate roles see docs/how-to/separate-database-roles.md; without, one that owns the tables and has CREATE on the database",
  },
  "25006": READ_ONLY,
};

/** It was there when the process began, and comes back as it went: by a person. */
const NO_SCHEMA: Known = {
  code: "DB014",
  says: "its schema is not there",
  fix: "is a backup being restored? Then wait until it is; otherwise name the mirror's database in DATABASE_URL",
};
/** What Postgres names at the end, in quotes of its language, after what knex puts before it. */
const OURS = new RegExp(
  `["«»„“'](?:mirror|sync|audit|login|${READER_SCHEMA})(?:\\.[^"«»„“”']+)?["«»“”'](?!.*["«»„“”'])`,
);

/** A row of another source (decision 0043): a bug that was caught, and no right that anybody could give. */
const CAUGHT = /violates row-level security policy|a row of another source was /;

/** What `pg` reports without a code; knex puts the SQL before it. */
const BY_MESSAGE: readonly (readonly [RegExp, Known])[] = [
  [
    /Connection terminated due to connection timeout|timeout exceeded when trying to connect|timeout expired|Query read timeout/,
    outOfReach("it does not answer"),
  ],
  [/Connection terminated|not queryable|Connection ended unexpectedly|after calling end on the pool/, LOST],
  [
    /does not support SSL connections/,
    {
      code: "DB004",
      says: "it does not offer TLS",
      fix: "turn TLS on at the server, or leave out sslmode= if it is local",
    },
  ],
  [/password must be a string/, LOGIN],
];
const NO_ENCRYPTION: Known = {
  code: "DB004",
  says: "it does not let this user in without TLS",
  fix: "add sslmode=verify-full to DATABASE_URL",
};

/**
 * Turns what `pg` and knex throw when the database is out of reach, refuses us, or is lost in mid-run into a `Failure` of the
 * DB family; everything else, mistakes in SQL above all, is returned as it is.
 *
 * @param where the server as messages name it: never with a password
 */
export function asDatabaseFailure(error: unknown, where = "the database"): unknown {
  if (error instanceof Failure || !isNativeError(error)) return error;
  const known = recognise(error);
  if (known === undefined) return error;
  return new Failure(known.code, `${where}: ${known.says}${lacking(error, known)}`, {
    fix: known.fix === REACH_IT && where.startsWith(EMBEDDED) ? START_IT : known.fix,
    data: { reason: codeOf(error) },
    cause: error,
  });
}

/** What Postgres names is a table or a schema, after what knex puts before it. */
const lacking = ({ message }: Error, { code }: Known): string => {
  const [, said] = /((?:permission denied for|must be owner of) [^\n]+)$/.exec(message) ?? [];
  return code === "DB012" && said !== undefined ? ` (${said})` : "";
};

/** What is said of a database that answers, before anything of the mirror is asked of it. */
export const noSchema = (where: string): Failure =>
  new Failure(NO_SCHEMA.code, `${where}: ${NO_SCHEMA.says}`, { fix: NO_SCHEMA.fix });

/** What a server says that does not take writes, before one is tried. */
export const readOnly = (where: string): Failure =>
  new Failure(READ_ONLY.code, `${where}: ${READ_ONLY.says}`, { fix: READ_ONLY.fix });

/** Whether what failed may succeed in a moment, without anybody doing anything. */
export function isPassing(error: unknown): boolean {
  const cause = error instanceof Failure && error.code === "DB001" ? error.cause : error;
  return isNativeError(cause) && recognise(cause)?.passes === true;
}

/**
 * The same object, whose methods throw the database's troubles as `Failure`s: queries of the stores reject with the driver's
 * errors, which whoever asks from above could only take for a bug.
 */
export const withDatabaseFailures = <T extends object>(asked: T, where: () => Promise<string | undefined>): T =>
  new Proxy(asked, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        try {
          return await method.apply(target, args);
        } catch (error) {
          throw asDatabaseFailure(error, await where());
        }
      };
    },
  });

function recognise(error: Error): Known | undefined {
  const code = codeOf(error);
  if (code === "42P01" || code === "3F000") return OURS.test(error.message) ? NO_SCHEMA : undefined;
  if (code === "42501" && CAUGHT.test(error.message)) return undefined;
  if (code.startsWith("28") && /no encryption|SSL off/.test(error.message)) return NO_ENCRYPTION;
  return (
    KNOWN[code] ??
    (code.length === 5 ? KNOWN[code.slice(0, 2)] : undefined) ??
    BY_MESSAGE.find(([p]) => p.test(error.message))?.[1]
  );
}

const codeOf = (error: Error): string => ("code" in error && typeof error.code === "string" ? error.code : "");
