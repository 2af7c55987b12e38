import type { EntityName } from "../../domain/entities";

/** What the APIs of this world call our entities, in the singular, and how surely the word means that. */
export const ENTITY_WORDS: Readonly<Record<EntityName, Readonly<Record<string, number>>>> = {
  users: {
    user: 1,
    person: 1,
    people: 1,
    employee: 1,
    staff: 0.9,
    account: 0.7,
    member: 0.7,
    identity: 0.7,
    principal: 0.7,
  },
  roles: { role: 1, group: 0.8, authority: 0.8 },
  permissions: { permission: 1, privilege: 0.9, entitlement: 0.9, capability: 0.8, right: 0.8, scope: 0.6 },
  orgs: {
    organization: 1,
    organisation: 1,
    org: 1,
    company: 0.9,
    tenant: 0.9,
    department: 0.9,
    division: 0.9,
    unit: 0.8,
    team: 0.8,
    group: 0.7,
    workspace: 0.7,
    customer: 0.6,
  },
};

/** In the name of a list, these say that it is about something else: `user-sessions`, `listRoleTemplates`. */
export const FOREIGN_WORDS: ReadonlySet<string> = new Set([
  ...["audit", "log", "event", "history", "session", "token", "device", "factor", "authenticator", "credential"],
  ...["rule", "template", "type", "schema", "setting", "assignment", "binding", "target", "grant", "mapping"],
  ...["invitation", "invite", "request", "approval", "subscription", "notification", "consent", "block", "follower"],
  ...["report", "statistic", "stat", "count", "metric", "export", "import", "deleted", "trash", "archived"],
  ...["ldap", "scim", "sync", "application", "app", "client", "resource", "set", "owner", "sorted", "risk", "photo"],
]);

/** Words that only say that something is read. */
export const READING_WORDS: ReadonlySet<string> = new Set(
  "get list read find fetch search query retrieve show index load all of by a the collection controller".split(" "),
);
