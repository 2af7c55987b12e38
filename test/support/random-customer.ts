/** A customer whose people, roles, permissions and organizations change at random, for good and for bad, in a `World`. */
import type { Child, Reading, ReadWorld } from "./mirror-model";
import type { Random } from "./random";
import { JOB, type Person, type World } from "./world";

/** The files of a world that has, besides the usual, the members of each role as a child stream. */
export const FILES_WITH_CHILDREN: Readonly<Record<string, string>> = {
  "jobs/acme.yaml": `${JOB}  role_members: { each: roles, get: "/roles/{parent.id}/members", records: items, deletes: sweep-within-parent }\n`,
  "mappings/acme/role_members.yaml": "into: user_roles\nfields:\n  user: id\n  role: $parent.id\n",
};

/** What COPY, JSON, URLs and JavaScript could trip over, and twins by Unicode form. */
const ODD_KEYS = ["a\tb", 'q"uo\\te', "__proto__", "sla/sh", "ü", "u\u0308", " space ", "\\N"];
const keys = (letter: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${letter}${i}`);
const [ORGS, PERMISSIONS, ROLES] = [keys("o", 7), keys("p", 6), keys("r", 8)];

export class RandomCustomer {
  /** By role; a role that is not here has none. */
  readonly members = new Map<string, readonly Child[]>();
  /** Roles whose members cannot be read. */
  readonly closed = new Set<string>();
  readonly leavers: Person[] = [];
  #people = 0;

  constructor(
    readonly world: World,
    readonly random: Random,
  ) {
    world.orgs = ORGS.slice(1).map((id, i) => ({ id, name: id, parent: i === 0 ? null : `o${1 + random.below(i)}` }));
    world.permissions = PERMISSIONS.slice(1).map((id) => ({ id, name: id }));
    world.roles = ROLES.slice(2).map((id) => ({ id, name: id, permissions: random.some(PERMISSIONS) }));
    world.users = [...Array.from({ length: 35 }, () => this.person()), ...ODD_KEYS.map((id) => this.person(id))];
    world.upstream.on("/roles/{id}/members", ({ params: { id = "" } }) =>
      this.closed.has(id) ? { status: 400 } : { body: { items: this.members.get(id) ?? [] } },
    );
  }

  /** One thing changes. */
  change(): void {
    this.random.one(CHANGES)(this, this.world, this.random);
  }

  /** The same role by a person's own list, by the role's members, or by both: each comes and goes for itself. */
  stateTwice(): void {
    const { world, members, random } = this;
    const role = random.one(world.roles).id;
    // Few enough to be met again.
    const person = random.one(world.users.slice(0, 8));
    const stated = (members.get(role) ?? []).filter(({ id }) => id !== person.id);
    const others = (person.roles ?? []).filter((held) => held !== role);
    person.roles = random.below(2) === 0 ? others : [...others, role];
    members.set(role, random.below(2) === 0 ? stated : [...stated, { id: person.id }]);
  }

  /** What nobody could read is set right: twins, missing keys, members. */
  mend(): void {
    const { world } = this;
    world.users = world.users.filter(
      (person, at) => hasKey(person) && world.users.findIndex(({ id }) => id === person.id) === at,
    );
    for (const [role, children] of this.members) this.members.set(role, children.filter(isReadable));
    this.closed.clear();
  }

  /** Whether the members of every role that is asked for can be read, though not each of them be mapped. */
  get isOpen(): boolean {
    return this.rolesAsked().every((role) => !this.closed.has(role));
  }

  /** Roles that can be mapped; of the others no members are read. */
  rolesAsked(): string[] {
    return this.world.roles.filter(({ name }) => name !== "").map(({ id }) => id);
  }

  /** What one enumeration of everything gives now. */
  readAll(): ReadWorld {
    const { orgs, permissions, users } = this.world;
    const [allOrgs, allPermissions] = [orgs, permissions].map((page): Reading => ({ pages: [page], ended: true }));
    return structuredClone({
      orgs: allOrgs!,
      permissions: allPermissions!,
      users: paged(users, 10),
      ...this.readRoles(),
    });
  }

  readRoles(): Pick<ReadWorld, "roles" | "members"> {
    const children = (role: string) => (this.closed.has(role) ? null : (this.members.get(role) ?? []));
    const members = new Map(this.rolesAsked().map((role) => [role, children(role)] as const));
    return { roles: paged(this.world.roles, 50), members };
  }

  /** Somebody who can be read by one key. */
  somebody(): Person | null {
    const person = this.random.one(this.world.users);
    return hasKey(person) && this.world.users.filter(({ id }) => id === person.id).length === 1 ? person : null;
  }

  person(id?: string): Person {
    const { below, some } = this.random;
    this.#people += 1;
    return {
      id: id ?? `u${this.#people}`,
      login: `user${this.#people}`,
      state: below(8) === 0 ? "off" : "on",
      name: `User ${this.#people}`,
      orgs: some(ORGS),
      roles: some<unknown>([...ROLES, { role: "r1", org: "o1" }, { role: "r1", org: "o2" }]),
    };
  }
}

const hasKey = ({ id }: { id?: unknown }): boolean => typeof id === "string" && id.length <= 512;
const isReadable = ({ id }: Child): boolean => typeof id === "string";

/** A list in pages that declares its length; if that is not the number of keys in it, it proves nothing. */
function paged(records: readonly { id?: unknown; state?: string }[], size: number): Reading {
  const pages = [];
  for (let from = 0; from < records.length; from += size) pages.push(records.slice(from, from + size));
  // Who is left out on purpose is counted also without a key.
  const counted = records.filter((record) => hasKey(record) || record.state === "staged");
  const distinct = new Set(counted.map((record, at) => (hasKey(record) ? record.id : at))).size;
  return { pages, ended: distinct === records.length };
}

/** Random digits, so that nothing about it can be compressed into an index. */
const noise = ({ below }: Random): string => Array.from({ length: 3_000 }, () => below(36).toString(36)).join("");

const CHANGES: readonly ((customer: RandomCustomer, world: World, random: Random) => unknown)[] = [
  // People join, leave, and come back.
  (customer, world, { below }) => world.users.splice(below(world.users.length + 1), 0, customer.person()),
  (customer, world, { below }) => world.users.splice(below(world.users.length + 1), 0, customer.person()),
  ({ leavers }, world, { below }) => leavers.push(...world.users.splice(below(world.users.length), 1)),
  ({ leavers }, world, { below }) => {
    const [person] = leavers.splice(below(leavers.length), 1);
    if (person !== undefined && !world.users.some(({ id }) => id === person.id)) world.users.push(person);
  },

  // They change.
  (_, { users }, { one, below }) => Object.assign(one(users), { name: one([`Name ${below(99)}`, null]) }),
  (_, { users }, { one }) => Object.assign(one(users), { department: one(["Ops", "Sales", undefined]) }),
  (_, { users }, { one }) => Object.assign(one(users), { state: one(["on", "on", "on", "off", "staged", "purged"]) }),
  (_, { users }, { one, some }) => Object.assign(one(users), { roles: some(ROLES) }),
  (_, { users }, { one, some }) => Object.assign(one(users), { orgs: some(ORGS) }),

  // Names: free ones, somebody's, twins by case and by Unicode form, swaps, and what is no name.
  (_, { users }, { one, below }) => Object.assign(one(users), { login: `renamed${below(999)}` }),
  (_, { users }, { one }) => Object.assign(one(users), { login: one(users).login }),
  (_, { users }, { one }) => Object.assign(one(users), { login: String(one(users).login).toUpperCase() }),
  (_, { users }, { one }) => Object.assign(one(users), { login: one(["Zo\u00eb", "zoe\u0308", "ZO\u00cb"]) }),
  (_, { users }, { one }) => {
    const [a, b] = [one(users), one(users)];
    [a.login, b.login] = [b.login, a.login];
  },
  (_, { users }, random) => Object.assign(random.one(users), { login: random.one(["", "a\u0000b", noise(random)]) }),

  // Twins, on a page and on two, and people without a readable key.
  (_, { users }, { one }) => users.push({ ...one(users) }),
  (_, { users }, { one, below }) => users.splice(below(users.length), 0, { ...one(users), name: "Twin" }),
  (_, { users }, random) =>
    users.push({ id: random.one([null, noise(random)]), login: "x", state: random.one(["on", "staged"]) }),
  (customer) => customer.mend(),
  (customer) => customer.mend(),

  // Roles, permissions and orgs come, go, change, and lead back to themselves.
  (_, world, { one, some }) => {
    world.roles = toggled(world.roles, one(ROLES), (id) => ({ id, name: id, permissions: some(PERMISSIONS) }));
  },
  (_, { roles }, { one, some }) => Object.assign(one(roles), { permissions: some(PERMISSIONS) }),
  (_, { roles }, { one, below }) => Object.assign(one(roles), { privileged: below(2) === 0 }),
  (_, { roles }, { one }) => Object.assign(one(roles), { name: one(["Reader", "Writer", ""]) }),
  (_, world, { one }) => {
    world.permissions = toggled(world.permissions, one(PERMISSIONS), (id) => ({ id, name: id }));
  },
  (_, world, { one }) => {
    world.orgs = toggled(world.orgs, one(ORGS), (id) => ({ id, name: id, parent: one(ORGS) }));
  },
  (_, { orgs }, { one }) => Object.assign(one(orgs), { parent: one([...ORGS, null]) }),
  (_, { orgs }, { one }) => Object.assign(one(orgs), { parent: one([...ORGS, null]) }),
  ({ members }, { users }, { one, some }) =>
    members.set(
      one(ROLES),
      some(users.filter(hasKey))
        .slice(0, 4)
        .map(({ id }) => ({ id })),
    ),
  ({ members }, _, { one }) => members.set(one(ROLES), one([[], [{}], [{ id: "u1" }, { id: 1.5 }], [{ id: "u404" }]])),
];

/** With the one that was missing, or without the one that was there; some always stay. */
function toggled<T extends { id: string }>(records: T[], id: string, make: (id: string) => T): T[] {
  if (!records.some((record) => record.id === id)) return [...records, make(id)];
  return records.length > 2 ? records.filter((record) => record.id !== id) : records;
}
