import type { Into } from "./entities";
import type { Increments } from "./increments";
import type { LoginPolicy } from "./login";
import type { Expression, MappingSpec } from "./mapping";
import type { NotifyTarget } from "./notify";
import type { RecordShape } from "./record-shape";
import type { Secret } from "./secret";

/** A job file, validated, with every default filled in and every `${…}` resolved. Durations are milliseconds. Frozen. */
export interface Job {
  readonly source: string;
  /** Path of the job file as shown in messages, relative to the folder worked in. */
  readonly file: string;
  readonly baseUrl: string;
  readonly auth: Auth;
  readonly schedule: Schedule | null;
  readonly http: HttpPolicy;
  readonly safeguard: SafeguardPolicy;
  /** Whether raw records are kept. Null, as it is when nothing is said, keeps none. */
  readonly keepRaw: KeepRaw | null;
  /** How people of the source sign in; null when they do not sign in here. */
  readonly login: LoginPolicy | null;
  /** Who is told when its state changes. */
  readonly notify: readonly NotifyTarget[];
  /** In the order of the file. */
  readonly streams: readonly Stream[];
  /** Absolute paths of the files that its secrets are read from. */
  readonly secretFiles: readonly string[];
}

/** What of a job it takes to let people in: nothing of what runs read. */
export type LoginJob = Pick<Job, "source" | "file" | "baseUrl" | "auth" | "http" | "login" | "secretFiles">;

/** What is left out of raw records before they are kept, beside what looks like a secret. */
export interface KeepRaw {
  /** Property names from the record's root; a list on the way stands for each of its items. */
  readonly redact: readonly (readonly string[])[];
}

/** At the end of the place of records: they are the values of an object. */
export const EACH_VALUE = "*";

/** One entry under `entities:`: one enumeration, or with `each` one enumeration for every parent. */
export interface Stream {
  readonly name: string;
  readonly into: Into;
  /** The parent stream's name; the request is made once for each of its records. */
  readonly each: string | null;
  readonly request: RequestSpec;
  /** Reads one record by key; 404 or 410 confirms that it is gone. */
  readonly one: OneSpec | null;
  readonly page: Paging;
  /** Where the records are in a page: property names from the root; empty when the page itself is the list. May end with `EACH_VALUE`. */
  readonly records: readonly string[];
  /**
   * Paths, as in `redact`, of what differs at every read and is no change by itself. With any of them, the order of properties does
   * not count either.
   */
  readonly ignore: readonly (readonly string[])[];
  /** What the OpenAPI document says of its records; null without one, or when that says nothing. */
  readonly shape: RecordShape | null;
  /** The same of its parent's records. */
  readonly parentShape: RecordShape | null;
  readonly deletes: Deletes;
  /** How only what changed is asked for; null where every run reads everything. */
  readonly increments: Increments | null;
  readonly mapping: MappingSpec;
}

/** `path` is absolute or relative to the job's `baseUrl`; path and query values may hold `{key}` and `{parent.x}`. */
export interface RequestSpec {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

export interface OneSpec extends RequestSpec {
  /**
   * Where the record is in the answer; empty when the body itself is the record. May end with `EACH_VALUE`. A list there, or an
   * object whose values are taken, must hold exactly one.
   */
  readonly records: readonly string[];
}

/** A place in an answer: property names into the body, or a header. */
export type Place =
  | { readonly in: "body"; readonly path: readonly string[] }
  | { readonly in: "header"; readonly name: string };

interface Sized {
  /** Query parameter and value that ask for a page size, e.g. `limit=200`. */
  readonly size: { readonly name: string; readonly count: number } | null;
  /** Where the upstream declares the number of records in the whole enumeration. Never guessed. */
  readonly total: Place | null;
}

export type Paging =
  | ({ readonly kind: "none" } & Sized)
  | ({ readonly kind: "link"; readonly rel: string } & Sized)
  | ({ readonly kind: "next-url"; readonly at: readonly string[] } & Sized)
  | ({ readonly kind: "cursor"; readonly at: Place; readonly as: string } & Sized)
  | ({ readonly kind: "offset"; readonly as: string; readonly from: number } & Sized)
  | ({ readonly kind: "number"; readonly as: string; readonly from: number } & Sized)
  | ({
      readonly kind: "keyset";
      readonly field: readonly string[];
      readonly as: string;
      /** Whether the job vouches that no two records share the value. */
      readonly isUnique: boolean;
    } & Sized);

export interface Deletes {
  /**
   * never: absence means nothing. sweep: absence must be confirmed by a second witness. sweep-now: absence alone suffices.
   * sweep-within-parent: a link counts as absent for each parent read completely; a record, which may come below another parent, as
   * with sweep.
   */
  readonly absence: "never" | "sweep" | "sweep-now" | "sweep-within-parent";
  /** JSONata over the raw record: true means the upstream itself says the record is gone. */
  readonly expression: Expression | null;
}

export type Auth =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly username: string; readonly password: Secret }
  | { readonly kind: "bearer"; readonly token: Secret }
  | { readonly kind: "api-key"; readonly in: "header" | "query"; readonly name: string; readonly value: Secret }
  | {
      readonly kind: "oauth2";
      readonly grant: "client-credentials";
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: Secret;
      readonly scope: string | null;
      readonly audience: string | null;
      /** How the client authenticates at the token endpoint. */
      readonly send: "basic" | "body";
    };

export interface Schedule {
  readonly cron: string;
  readonly timezone: string;
  readonly jitter: number;
  readonly missed: "once" | "skip";
  readonly grace: number;
  readonly overlap: "skip" | "queue";
}

export interface HttpPolicy {
  readonly rate: { readonly requests: number; readonly per: number } | null;
  readonly concurrency: number;
  /** The longest one page may take, from connect to last byte. */
  readonly timeout: number;
  /** Whether loopback, private and link-local addresses may be connected to. */
  readonly allowPrivate: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly retry: {
    /** HTTP statuses; 500 stands for every 5xx when `serverErrors`. */
    readonly statuses: readonly number[];
    readonly serverErrors: boolean;
    readonly network: boolean;
    readonly backoff: { readonly from: number; readonly to: number };
    readonly budget: number;
  };
}

/** How much may change without a person having looked. Shares are fractions of 1. */
export interface Limits {
  readonly removals: number;
  /** Removals in all: a count, not a share. */
  readonly most: number;
  readonly changes: number;
  readonly shrink: number;
  readonly rejects: number;
  /** Records that are missing, while as many come that nobody knows; of those that were there. */
  readonly replaced: number;
  /** Records whose field loses its value. */
  readonly emptied: number;
  /** Records whose field changes to one and the same value. */
  readonly flips: number;
  /** Records whose field changes to a value that nobody had. */
  readonly unseen: number;
  /** New holders of a privileged role, of those who hold it. */
  readonly privileged: number;
  /** New holders of any other role, of all people. */
  readonly holders: number;
}

export interface SafeguardPolicy extends Limits {
  /** What an empty answer for an entity that had records does. Nothing turns the hold off for all. */
  readonly empty: "hold";
  /** The limits of entities and kinds of links that have their own. */
  readonly of: Readonly<Partial<Record<Into, Limits>>>;
}
