import { ofUsers } from "../of-users";

/**
 * Where rows about a person stand, besides the audit: all of them go. `$1` is the source, `$2` the key the person has, `$3` their local
 * id, null for somebody who never came into the mirror. What is made anew from the customer's system by the next run, and might hold
 * something of them, goes for the whole source.
 */
interface Trace {
  readonly table: string;
  readonly where: string;
  /** Told to nobody: it is not of the person alone. */
  readonly isShared?: true;
}

const OF_USERS = ofUsers("entity");
const STREAMS_OF_USERS = `stream in (select m.stream from sync.mappings m where m.source = $1 and ${ofUsers("m.entity")})`;
/** A link is called by its ends, as in `8812 -> 7`. */
const NAMES_THEM = (column: string): string => `(${column} = $2 or starts_with(${column}, $2 || ' -> '))`;

const SIGN_INS = ["verifiers", "sessions", "sign_in_codes", "last_logins", "admissions"];

/** In the order in which rows may go. */
export const TRACES: readonly Trace[] = [
  ...SIGN_INS.map((table) => ({ table: `login.${table}`, where: "source = $1 and key = $2" })),
  {
    table: "login.failures",
    where: "source = $1 and kind = 'login' and subject = int8send($3::bigint)",
  },
  ...["user_roles", "user_orgs", "local_grants"].map((table) => ({
    table: `mirror.${table}`,
    where: "source = $1 and user_key = $2",
  })),
  { table: "mirror.users", where: "source = $1 and key = $2" },
  // Those alone that led from one key of theirs to the next: the same keys may have been others', too.
  {
    table: "sync.rekeys",
    where: `source = $1 and entity = 'users' and exists (
      select from sync.keys_of($1, 'users', $2) had where (new_key, at) = (had.key, had.since) or (old_key, at) = (had.key, had.until))`,
  },
  { table: "sync.absences", where: "source = $1 and entity = 'users' and key = $2" },
  { table: "sync.rejects", where: `source = $1 and ${OF_USERS} and ${NAMES_THEM("key")}` },
  { table: "sync.stale_records", where: `source = $1 and ${STREAMS_OF_USERS} and ${NAMES_THEM("key")}` },
  {
    table: "sync.raw_records",
    where: `source = $1 and (person = $2 or ${STREAMS_OF_USERS} and (parent = $2 or ${NAMES_THEM("key")}))`,
  },
  { table: "sync.pins", where: `source = $1 and ${OF_USERS} and key = $2` },
  {
    table: "sync.held_changes",
    where: `${OF_USERS} and key = $2 and run in (select h.run from sync.holds h where h.source = $1)`,
  },
  // Whose record had no key may be anybody; what is still so is told by the next run.
  { table: "sync.rejects", where: `source = $1 and ${OF_USERS} and key is null`, isShared: true },
  { table: "sync.raw_records", where: `source = $1 and ${STREAMS_OF_USERS} and person is null`, isShared: true },
  // Made before the person was erased, they say what they would have become.
  ...["plans", "checkpoints", "pages"].map((table) => ({
    table: `sync.${table}`,
    where: "source = $1",
    isShared: true as const,
  })),
];

/** They go with their plan. */
export const OF_PLANS = ["sync.plan_changes", "sync.plan_stale_records"];

/** Texts that people and runs wrote, about others as well: where they name the person, the name is taken out. JSON or text. */
export const TEXTS: readonly { readonly table: string; readonly columns: readonly string[] }[] = [
  { table: "sync.runs", columns: ["options", "trigger", "report"] },
  { table: "sync.slots", columns: ["note"] },
  { table: "sync.holds", columns: ["reason"] },
  { table: "sync.rejects", columns: ["reason"] },
  { table: "sync.notices", columns: ["message", "problem"] },
  { table: "mirror.local_grants", columns: ["reason", "end_reason"] },
];

interface OfOthers {
  readonly table: string;
  /** What to look through. */
  readonly text: string;
  /** Where it has no `source`; `$1` is that. */
  readonly where?: string;
}

/** What people and the customer's system said of others stays, and may name the person. */
export const OF_OTHERS: readonly OfOthers[] = [
  { table: "audit.entries", text: "concat_ws(' ', reason, old, new)" },
  // Also of holds that are over: they are still shown.
  {
    table: "sync.held_changes",
    text: "concat_ws(' ', old, new)",
    where: "run in (select h.run from sync.holds h where h.source = $1)",
  },
  { table: "sync.pins", text: "value::text" },
  ...["users", "roles", "permissions", "orgs"].map((entity) => ({
    table: `mirror.${entity}`,
    text: "to_jsonb(t)::text",
  })),
];
