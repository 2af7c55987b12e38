import { columnsOf, ENTITY_NAMES, type EntityName, type FieldSpec, type LinkKind } from "../../domain/entities";

const SQL_TYPE: Readonly<Record<FieldSpec["type"], string>> = {
  text: "text",
  email: "text",
  locale: "text",
  timezone: "text",
  enum: "text",
  key: "text",
  boolean: "boolean",
  timestamp: "timestamptz",
  list: "never a column",
  password: "never a column",
};

/** The columns that name a link's ends in its table, in the order left, right, scope. */
export const LINK_COLUMNS: Readonly<Record<LinkKind, { left: string; right: string; scope: string | null }>> = {
  user_roles: { left: "user_key", right: "role_key", scope: "org_key" },
  user_orgs: { left: "user_key", right: "org_key", scope: null },
  role_permissions: { left: "role_key", right: "permission_key", scope: null },
};

/** The columns that name a link, in the same order. */
export function namingColumns(kind: LinkKind): readonly string[] {
  const { left, right, scope } = LINK_COLUMNS[kind];
  return scope === null ? [left, right] : [left, right, scope];
}

/** The scope of a row of links; the empty text where links of that kind have none. */
export function scopeOf(kind: LinkKind, row: string): string {
  const { scope } = LINK_COLUMNS[kind];
  return scope === null ? "''" : `${row}.${scope}`;
}

/** That a row of links has this scope, as the end of a condition; nothing where links of that kind have none. */
export const andScope = (kind: LinkKind, row: string, value: string): string =>
  LINK_COLUMNS[kind].scope === null ? "" : `and ${scopeOf(kind, row)} = ${value}`;

/** Columns of `stage_<entity>` in the order in which they are copied. */
export const stageColumns = (entity: EntityName): readonly string[] => [
  "ord",
  "page",
  "key",
  ...columnsOf(entity).map((field) => field.name),
  "attributes",
  "digest",
];

const stageTable = (entity: EntityName): string => `
  table stage_${entity} (
    ord bigint not null,
    page integer not null,
    key text not null,
    ${columnsOf(entity)
      .map((field) => `${field.name} ${SQL_TYPE[field.type]}`)
      .join(",\n    ")},
    attributes jsonb not null,
    digest bytea
  )`;

const TABLES = [
  ...ENTITY_NAMES.map(stageTable),

  // Links as lists and child streams state them. `ord` ties a list to the record that holds it.
  `table stage_links (
    kind text not null,
    origin text not null,
    owner text not null,
    left_key text not null,
    right_key text not null,
    scope text not null,
    ord bigint not null
  )`,

  // What was read of passwords, one row a record that says anything of them; hashes are sealed. Of several the latest counts.
  `table stage_passwords (
    key text not null,
    hash text,
    imported bytea,
    because text,
    read_at timestamptz not null,
    page integer not null,
    ord bigint not null
  )`,

  // On page 0 what cannot stand beside others; before that, if this run has not read of it: see `WAS_READ`. `inactive` is what the
  // record says of a person's status all the same.
  `table stage_rejects (
    stream text not null,
    entity text not null,
    record text not null,
    key text,
    field text,
    code text not null,
    reason text not null,
    page integer not null,
    ord bigint not null default 0,
    payload bytea,
    inactive text
  )`,

  `table stage_skips (
    entity text not null,
    key text,
    because text not null,
    page integer not null,
    ord bigint not null
  )`,

  // Raw records to be kept; one that is kept already, as it is, comes without its record.
  `table stage_raw (
    stream text not null,
    parent text not null,
    parent_stream text,
    key text not null,
    person text,
    digest bytea,
    record bytea,
    ord bigint not null
  )`,

  // Records met as the mirror has them, a bit each; see `digests.ts`.
  `table stage_met (entity text not null, chunk bigint not null, met bytea not null, primary key (entity, chunk))`,

  // What landed in the mirror by the run that reads, to be reckoned as met by whoever goes on from it; and what of it no report has
  // told yet.
  `table stage_landed (
    entity text primary key,
    stream text not null,
    fingerprint text not null,
    first_id bigint not null,
    last_id bigint not null,
    records bigint not null,
    landing boolean not null,
    untold_records bigint not null,
    untold_links json not null
  )`,

  // Parents whose children were all read.
  `table stage_parents (stream text not null, key text not null, ord bigint not null)`,

  // Absences that remove nothing in this run: first witnesses to be remembered when it is applied, or to be forgotten.
  `table stage_absences (entity text not null, key text not null, remembered boolean not null)`,

  // The change set. For links \`key\` is the left end, \`related\` the right one.
  `table changes (
    entity text not null,
    key text not null,
    related text not null default '',
    scope text not null default '',
    origin text not null default '',
    owner text not null default '',
    kind text not null,
    cause text not null,
    effective boolean not null default true,
    held boolean not null default false,
    released boolean not null default false,
    version bigint,
    old jsonb,
    new jsonb
  )`,

  // The versions of mappings that the stage was mapped by, and the records that they do not reach by this run.
  `table stage_mappings (
    stream text not null,
    entity text not null,
    fingerprint text not null,
    key_fingerprint text,
    key jsonb
  )`,

  `table stage_stale (stream text not null, key text not null)`,

  `table stage_candidates (key text not null)`,

  // For a rekey: what both expressions read, and what is renamed. `aside` is where a key waits that still belongs to somebody
  // else, `known` says that the mirror holds the record.
  `table stage_key_pairs (old_key text not null, new_key text not null)`,

  `table rekeys (
    old_key text primary key,
    new_key text not null unique,
    aside text,
    known boolean not null
  )`,

  // To undo a run: what it told the audit, in the order of its doing; and what is not any more as the run left it.
  `table reversed (
    ord bigint not null,
    entity text not null,
    key text not null,
    related text not null,
    scope text not null,
    origin text not null,
    owner text,
    kind text not null,
    old jsonb,
    new jsonb
  )`,

  `table newer (
    entity text not null,
    key text not null,
    related text,
    scope text,
    field text,
    because text not null,
    run bigint
  )`,

  // Which records come alive or end by this run's changes; everything else is as the mirror has it.
  `table liveness (
    entity text not null,
    key text not null,
    live boolean not null,
    primary key (entity, key)
  )`,
];

/** The tables that hold what was read; their rows are numbered by `ord` over the whole run. */
export const READ_TABLES: readonly string[] = [
  ...ENTITY_NAMES.map((entity) => `stage_${entity}`),
  ...["stage_links", "stage_passwords", "stage_rejects", "stage_skips", "stage_raw", "stage_parents"],
];

/**
 * The statements that create the tables of a stage: temporary ones, which nobody else sees and which go with their session, or
 * unlogged ones, which stay.
 */
export const creating = (kind: "temporary" | "unlogged"): string =>
  TABLES.map((table) => `create ${kind} ${table.trimStart()}`).join(";\n");

/** Joins a change of a link with its row `t`; the source is `$1`. */
export function sameLink(kind: LinkKind, change: string): string {
  const { left, right } = LINK_COLUMNS[kind];
  return `t.source = $1 and t.${left} = ${change}.key and t.${right} = ${change}.related
      ${andScope(kind, "t", `${change}.scope`)} and t.origin = ${change}.origin and t.owner_key = ${change}.owner`;
}

/**
 * Whether a reject is of a record that this run has read. A record that conflicts with one may have landed earlier, on
 * a page not read since.
 */
export const WAS_READ = "page >= 0";

/** A link that is stated otherwise than before; the other changes of links follow from an end that came or went. */
export const STATED = "cause not in ('end-gone', 'end-returned')";

export const CHANGE_COLUMNS =
  "entity, key, related, scope, origin, owner, kind, cause, effective, held, released, version, old, new";

export const VERSION_COLUMNS = "stream, entity, fingerprint, key_fingerprint, key";
