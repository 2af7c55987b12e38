/**
 * The entities and links Understudy mirrors, as data.
 *
 * Everything that must agree on a field (the mapping schema, the value checks, the staging
 * columns, the diff) is generated from these tables; adding a field is a line here and a migration.
 */

export const ENTITY_NAMES = ["orgs", "permissions", "roles", "users"] as const;
export type EntityName = (typeof ENTITY_NAMES)[number];

export const LINK_KINDS = ["role_permissions", "user_orgs", "user_roles"] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** What a mapping file may name after `into:`. */
export type Into = EntityName | LinkKind;

/**
 * text: any string; email, locale, timezone: checked formats; status, enum: one of `values`;
 * boolean; timestamp: RFC 3339 or epoch, kept as UTC; key: the upstream key of a record of `refers`;
 * list: keys of `refers`, which become links; password: a hash, which never becomes a value of the record.
 */
export type FieldType =
  | "text"
  | "email"
  | "locale"
  | "timezone"
  | "enum"
  | "boolean"
  | "timestamp"
  | "key"
  | "list"
  | "password";

export interface FieldSpec {
  readonly name: string;
  readonly type: FieldType;
  readonly required: boolean;
  /** Allowed values of an `enum`. */
  readonly values?: readonly string[];
  /** The entity a `key` or `list` points to. */
  readonly refers?: EntityName;
  /** The links a `list` becomes. */
  readonly links?: LinkKind;
}

const text = (name: string): FieldSpec => ({ name, type: "text", required: false });
const required = (field: FieldSpec): FieldSpec => ({ ...field, required: true });
const time = (name: string): FieldSpec => ({ name, type: "timestamp", required: false });
const key = (name: string, refers: EntityName): FieldSpec => ({ name, type: "key", required: false, refers });
const list = (name: string, refers: EntityName, links: LinkKind): FieldSpec => ({
  name,
  type: "list",
  required: false,
  refers,
  links,
});

const USER_STATUSES = ["active", "locked", "disabled"] as const;

/** Of somebody who may not sign in. */
export const INACTIVE = USER_STATUSES.filter((status) => status !== "active");
export type Inactive = (typeof INACTIVE)[number];
export const asInactive = (status: unknown): Inactive | undefined => INACTIVE.find((one) => one === status);

/** Fields by target, in the order of the mirror's columns. */
export const FIELDS: Readonly<Record<Into, readonly FieldSpec[]>> = {
  users: [
    required(text("username")),
    { name: "status", type: "enum", required: true, values: USER_STATUSES },
    { name: "email", type: "email", required: false },
    text("display_name"),
    text("given_name"),
    text("family_name"),
    text("phone"),
    text("title"),
    { name: "locale", type: "locale", required: false },
    { name: "timezone", type: "timezone", required: false },
    time("valid_from"),
    time("valid_until"),
    time("password_changed_at"),
    time("changed_at"),
    list("orgs", "orgs", "user_orgs"),
    list("roles", "roles", "user_roles"),
    { name: "password", type: "password", required: false },
  ],
  roles: [
    required(text("name")),
    text("description"),
    text("kind"),
    { name: "privileged", type: "boolean", required: false },
    list("permissions", "permissions", "role_permissions"),
    list("members", "users", "user_roles"),
  ],
  permissions: [required(text("name")), text("description"), text("resource"), text("action")],
  orgs: [
    required(text("name")),
    key("parent", "orgs"),
    text("kind"),
    text("status"),
    list("members", "users", "user_orgs"),
  ],
  user_roles: [required(key("user", "users")), required(key("role", "roles")), key("org", "orgs")],
  user_orgs: [required(key("user", "users")), required(key("org", "orgs"))],
  role_permissions: [required(key("role", "roles")), required(key("permission", "permissions"))],
};

/** The two ends of a link; `left` is the holder, `right` what is held. `scope` is a role's org. */
export const LINK_ENDS: Readonly<Record<LinkKind, { left: EntityName; right: EntityName; scope: EntityName | null }>> =
  {
    user_roles: { left: "users", right: "roles", scope: "orgs" },
    user_orgs: { left: "users", right: "orgs", scope: null },
    role_permissions: { left: "roles", right: "permissions", scope: null },
  };

/** The entities whose records are named in these list fields. */
export function entitiesListedIn(into: Into, fields: readonly { readonly name: string }[]): ReadonlySet<EntityName> {
  const listed = new Set<EntityName>();
  for (const { name } of fields) {
    const field = FIELDS[into].find((one) => one.name === name);
    if (field?.links !== undefined && field.refers !== undefined) listed.add(field.refers);
  }
  return listed;
}

export const isEntity = (into: Into): into is EntityName => (ENTITY_NAMES as readonly string[]).includes(into);

/** Fields kept in columns of the entity's own row, that is, all but lists and passwords. */
export const columnsOf = (into: EntityName): readonly FieldSpec[] =>
  FIELDS[into].filter(({ type }) => type !== "list" && type !== "password");
