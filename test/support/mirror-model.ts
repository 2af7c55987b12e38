/**
 * What the mirror must hold after a run, worked out record by record: the rules of the spine once more, with none of the SQL.
 * It knows the world of `test/support/world.ts` with a child stream `role_members`, and is told what was held, and what was let
 * through by a person.
 */
import type { Person } from "./world";

export type Entity = "orgs" | "permissions" | "roles" | "users";
type Values = Readonly<Record<string, unknown>>;

export interface Child {
  readonly id?: unknown;
}

/** What one enumeration gave: its pages, and whether its end was reached. */
export interface Reading {
  readonly pages: readonly (readonly unknown[])[];
  readonly ended: boolean;
}

export interface ReadWorld {
  readonly orgs?: Reading;
  readonly permissions?: Reading;
  readonly roles?: Reading;
  readonly users?: Reading;
  /** By role: the raw children, or null when they could not be read. */
  readonly members?: ReadonlyMap<string, readonly Child[] | null>;
  /** True when one person was read alone, which proves nothing about others. */
  readonly alone?: boolean;
}

/** Changes by `changeName`; of an update the fields that are held, as in `status` or `attributes.department`. */
export type HeldChanges = ReadonlyMap<string, ReadonlySet<string>>;

const NOTHING_HELD: HeldChanges = new Map();

export const changeName = (kind: string, entity: string, key: string, related = "", scope = "", origin = ""): string =>
  JSON.stringify([kind, entity, key, related, scope, origin]);

const linkChange = (change: "grant" | "revoke", { kind, left, right, scope, origin }: Link): string =>
  changeName(change, kind, left, right, scope, origin);

interface Row {
  values: Values;
  live: boolean;
}

interface Link {
  readonly kind: string;
  readonly left: string;
  readonly right: string;
  readonly scope: string;
  readonly origin: string;
  readonly owner: string;
}

interface Mapped {
  readonly values: Values;
  readonly links: readonly Omit<Link, "owner">[];
}

/** With `inactive`, a reject says all the same that the person may not sign in any more. */
type Outcome = { is: "record"; mapped: Mapped } | { is: "rejected"; inactive?: "disabled" } | { is: "skipped" };

const LISTS: Readonly<Record<string, readonly string[]>> = {
  users: ["users.orgs", "users.roles"],
  roles: ["roles.permissions"],
};
const ENDS: Readonly<Record<string, readonly [Entity, Entity]>> = {
  user_roles: ["users", "roles"],
  user_orgs: ["users", "orgs"],
  role_permissions: ["roles", "permissions"],
};

/** Records with their values, links with their effect. */
export interface MirrorState {
  readonly records: readonly unknown[];
  readonly links: readonly unknown[];
}

const noRejects = (): Record<Entity, Set<string | null>> => ({
  orgs: new Set(),
  permissions: new Set(),
  roles: new Set(),
  users: new Set(),
});

export class MirrorModel {
  readonly rows: Record<Entity, Map<string, Row>> = {
    orgs: new Map(),
    permissions: new Map(),
    roles: new Map(),
    users: new Map(),
  };
  #links = new Map<string, Link>();
  /** Links that would have come to life and were held. */
  #heldBack = new Set<string>();
  /** Keys rejected by the last run, null for those without. */
  rejected: Record<Entity, Set<string | null>> = noRejects();

  /** @param released who conflicted with what was held is rejected all the same, and looked at again by the next run */
  run(read: ReadWorld, held: HeldChanges = NOTHING_HELD, released: HeldChanges = NOTHING_HELD): void {
    this.rejected = noRejects();
    this.#heldBack = new Set(
      [...this.#links.values()].map((link) => linkChange("grant", link)).filter((name) => held.has(name)),
    );
    for (const entity of ["orgs", "permissions", "roles", "users"] as const) {
      const reading = read[entity];
      if (reading !== undefined) this.#runEntity(entity, reading, read.alone === true, held, released);
    }
    for (const [role, children] of read.members ?? []) {
      if (children === null) continue;
      const good = children.filter((child) => typeof child.id === "string");
      const stated = good.map((child) => linkOf("user_roles", child.id as string, role, "", "role_members", role));
      this.#state("role_members", role, stated, good.length === children.length, held);
    }
  }

  live = (entity: Entity, key: string): boolean => this.rows[entity].get(key)?.live === true;

  /** In the form of `readMirror`, in no order. */
  say(): MirrorState {
    const records = Object.entries(this.rows).flatMap(([entity, rows]) =>
      [...rows].map(([key, { values, live }]) => ({ entity, key, live, values })),
    );
    const links = [...this.#links.values()].map((link) => {
      const [left, right] = ENDS[link.kind]!;
      const isHeldBack = this.#heldBack.has(linkChange("grant", link));
      return { ...link, effective: !isHeldBack && this.live(left, link.left) && this.live(right, link.right) };
    });
    return { records, links };
  }

  #runEntity(
    entity: Entity,
    { pages, ended }: Reading,
    alone: boolean,
    held: HeldChanges,
    released: HeldChanges,
  ): void {
    const outcomes = new Map<string, Outcome>();
    const mapped = new Set<string>();
    let sure = ended && !alone;
    for (const page of pages)
      for (const [key, outcome] of readPage(entity, page)) {
        if (key === null) {
          sure = false;
          this.rejected[entity].add(null);
          continue;
        }
        const before = outcomes.get(key);
        if (before !== undefined) sure = false;
        if (outcome.is === "record") mapped.add(key);
        // Rejected anywhere stays rejected; mapped anywhere beats skipped; otherwise the latest page counts.
        if (before?.is === "rejected" && outcome.is !== "rejected") continue;
        if (before?.is === "record" && outcome.is === "skipped") continue;
        outcomes.set(key, outcome);
      }

    // Of a reject whose record also came otherwise nothing is believed.
    for (const key of mapped) if (outcomes.get(key)?.is === "rejected") outcomes.set(key, { is: "rejected" });

    const rows = this.rows[entity];
    const next = new Map<string, Mapped>();
    for (const [key, outcome] of outcomes) if (outcome.is === "record") next.set(key, outcome.mapped);
    const goneBut = (kept: HeldChanges): ReadonlySet<string> =>
      new Set(
        [...rows.keys()].filter((key) => {
          if (!this.live(entity, key) || kept.has(changeName("tombstone", entity, key))) return false;
          const outcome = outcomes.get(key);
          return outcome === undefined ? sure : outcome.is === "skipped";
        }),
      );
    const heldFields = (key: string, kept: HeldChanges): ReadonlySet<string> =>
      kept.get(changeName("update", entity, key)) ?? new Set();
    const isNew = (key: string, kept: HeldChanges): boolean => kept.has(changeName("create", entity, key));
    // First whoever conflicts whatever is held, then who does with what is.
    for (const kept of [NOTHING_HELD, new Map([...held, ...released]), held]) {
      const gone = goneBut(kept);
      const isHeld = (field: string) => (key: string) => heldFields(key, kept).has(field) || isNew(key, kept);
      if (entity === "users") rejectNames(rows, next, gone, isHeld("username"), outcomes);
      if (entity === "orgs") rejectCircles(rows, next, gone, isHeld("parent"), outcomes);
    }

    for (const [key, outcome] of outcomes) {
      if (outcome.is !== "rejected") continue;
      this.rejected[entity].add(key);
      const row = rows.get(key);
      if (outcome.inactive === undefined || !row?.live || heldFields(key, held).has("status")) continue;
      if (row.values.status === "active") row.values = { ...row.values, status: outcome.inactive };
    }
    for (const key of goneBut(held)) rows.get(key)!.live = false;
    for (const [key, { values, links }] of next) {
      if (isNew(key, held)) continue;
      rows.set(key, { values: laidOver(rows.get(key)?.values ?? {}, values, heldFields(key, held)), live: true });
      for (const origin of LISTS[entity] ?? []) {
        const stated = links.filter((link) => link.origin === origin).map((link) => ({ ...link, owner: key }));
        this.#state(origin, key, stated, true, held);
      }
    }
  }

  /** What an owner states through one origin; with `whole` also what it states no more. */
  #state(origin: string, owner: string, stated: readonly Link[], whole: boolean, held: HeldChanges): void {
    const ids = new Set(stated.map(idOf));
    for (const [id, link] of this.#links)
      if (whole && link.origin === origin && link.owner === owner && !ids.has(id))
        if (!held.has(linkChange("revoke", link))) this.#links.delete(id);
    for (const link of stated)
      if (!held.has(linkChange("grant", link)) || this.#links.has(idOf(link))) this.#links.set(idOf(link), link);
  }
}

/** New values, but for the fields that are held. */
function laidOver(old: Values, now: Values, held: ReadonlySet<string>): Values {
  const values: Record<string, unknown> = { ...now };
  const attributes = { ...(now.attributes as Record<string, unknown>) };
  for (const field of held) {
    const [name, attribute] = field.split(".") as [string, string?];
    if (attribute === undefined) values[name] = old[name];
    else {
      const before = (old.attributes as Record<string, unknown>)[attribute];
      if (before === undefined) delete attributes[attribute];
      else attributes[attribute] = before;
    }
  }
  return { ...values, attributes };
}

/** One result a key, twins that differ rejected; results without a key come as null. */
function readPage(entity: Entity, page: readonly unknown[]): readonly (readonly [string | null, Outcome])[] {
  const raws = new Map<string, Set<string>>();
  const results = new Map<string, Outcome>();
  const keyless: (readonly [null, Outcome])[] = [];
  for (const raw of page as readonly Record<string, unknown>[]) {
    const key = raw.id;
    if (typeof key !== "string" || Buffer.byteLength(key) > 512) {
      if (raw.state !== "staged") keyless.push([null, { is: "rejected" }]);
      continue;
    }
    const seen = raws.get(key) ?? new Set();
    raws.set(key, seen.add(JSON.stringify(raw)));
    results.set(key, seen.size > 1 ? { is: "rejected" } : mapRecord(entity, key, raw));
  }
  return [...results, ...keyless];
}

function mapRecord(entity: Entity, key: string, raw: Record<string, unknown>): Outcome {
  const name = raw.name ?? null;
  if (entity === "permissions") return record({ name, attributes: {} });
  if (entity === "orgs") return record({ name, parent: raw.parent ?? null, attributes: {} });
  if (entity === "roles") {
    if (name === "") return { is: "rejected" };
    const permissions = (raw.permissions ?? []) as string[];
    return record(
      { name, privileged: raw.privileged ?? null, attributes: {} },
      permissions.map((right) => linkOf("role_permissions", key, right, "", "roles.permissions")),
    );
  }
  const person = raw as unknown as Person;
  if (person.state === "purged" || person.state === "staged") return { is: "skipped" };
  const login = person.login;
  const status = person.state === "on" ? "active" : "disabled";
  if (typeof login !== "string" || login === "" || login.includes("\0") || Buffer.byteLength(login) > 512)
    return rejected(status);
  const roles = (person.roles ?? []).map((role) =>
    typeof role === "string" ? { role, org: "" } : (role as { role: string; org: string }),
  );
  const values = {
    username: login,
    status,
    display_name: name,
    attributes: person.department === undefined ? {} : { department: person.department },
  };
  return record(values, [
    ...(person.orgs ?? []).map((org) => linkOf("user_orgs", key, org, "", "users.orgs")),
    ...roles.map(({ role, org }) => linkOf("user_roles", key, role, org, "users.roles")),
  ]);
}

const record = (values: Values, links: readonly Omit<Link, "owner">[] = []): Outcome => ({
  is: "record",
  mapped: { values, links },
});

const rejected = (status: unknown): Outcome => ({
  is: "rejected",
  ...(status === "disabled" ? { inactive: status } : {}),
});

const canonical = (name: unknown): string => String(name).normalize("NFC").toLowerCase().normalize("NFC");

type Reject = (
  rows: ReadonlyMap<string, Row>,
  next: Map<string, Mapped>,
  gone: ReadonlySet<string>,
  isHeld: (key: string) => boolean,
  outcomes: Map<string, Outcome>,
) => void;

/** Newcomers to a name that is taken, until nobody is left who must be rejected. */
const rejectNames: Reject = (rows, next, gone, isHeld, outcomes) => {
  const nameNow = (key: string): string | null => {
    const row = rows.get(key);
    return row?.live ? canonical(row.values.username) : null;
  };
  for (;;) {
    const moves = (key: string): boolean =>
      next.has(key) && !isHeld(key) && canonical(next.get(key)!.values.username) !== nameNow(key);
    const wanted = new Map<string, string[]>();
    for (const [key, { values }] of next)
      if (moves(key)) wanted.set(canonical(values.username), [...(wanted.get(canonical(values.username)) ?? []), key]);
    const taken = new Set([...rows.keys()].filter((key) => !gone.has(key) && !moves(key)).map(nameNow));
    const losers = [...wanted].flatMap(([name, keys]) => (taken.has(name) || keys.length > 1 ? keys : []));
    if (losers.length === 0) return;
    for (const key of losers) {
      outcomes.set(key, rejected(next.get(key)!.values.status));
      next.delete(key);
    }
  }
};

/** Orgs that move below themselves. */
const rejectCircles: Reject = (rows, next, gone, isHeld, outcomes) => {
  for (;;) {
    const parentOf = (key: string): string | null => {
      if (next.has(key) && !isHeld(key)) return next.get(key)!.values.parent as string | null;
      const row = rows.get(key);
      return row?.live && !gone.has(key) ? (row.values.parent as string | null) : null;
    };
    const moves = [...next.keys()].filter(
      (key) => !isHeld(key) && !(rows.get(key)?.live && rows.get(key)!.values.parent === parentOf(key)),
    );
    const losers = moves.filter((key) => {
      const way = new Set<string>();
      for (let at = parentOf(key); at !== null && !way.has(at); at = parentOf(at)) {
        if (at === key) return true;
        way.add(at);
      }
      return false;
    });
    if (losers.length === 0) return;
    for (const key of losers) {
      next.delete(key);
      outcomes.set(key, { is: "rejected" });
    }
  }
};

function linkOf(kind: string, left: string, right: string, scope: string, origin: string): Omit<Link, "owner">;
function linkOf(kind: string, left: string, right: string, scope: string, origin: string, owner: string): Link;
function linkOf(kind: string, left: string, right: string, scope: string, origin: string, owner?: string) {
  return { kind, left, right, scope, origin, ...(owner === undefined ? {} : { owner }) };
}

const idOf = (link: Link): string =>
  JSON.stringify([link.kind, link.left, link.right, link.scope, link.origin, link.owner]);
