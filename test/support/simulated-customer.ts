/**
 * A customer who lives by a seed: people join, leave, return and change, hold roles by their own list and by the lists of
 * members, and are served in pages by an API that fails in every way of `twelve-pages.ts`, also while it changes. What was true
 * when is remembered, for whoever wants to know what the customer still had.
 */
import type { Random } from "./random";
import { extentOf, PAGE_FAULTS, type Strike, strike, strikesOn, type Way } from "./twelve-pages";
import { createList, type List } from "./upstream-list";
import type { Reply, SeenRequest } from "./upstream-server";

export interface Simulated {
  readonly id: string;
  login: string;
  name: string;
  state: "on" | "off";
  roles: string[];
}

/** Ticks of the customer's own clock, one a change; `until` is null while it lasts. */
interface Span {
  readonly since: number;
  until: number | null;
}

export const ROLES = ["r1", "r2", "r3"] as const;
const PEOPLE = 26;
/** People a page. */
export const PAGE = 5;

/** Which faults may strike a run: those that the proof sees, or also those that only a second witness does. */
export type Mischief = "told" | "unseen";

export class SimulatedCustomer {
  readonly people: Simulated[] = [];
  readonly leavers: Simulated[] = [];
  readonly members = new Map<string, Set<string>>(ROLES.map((role) => [role, new Set()]));
  /** What single reads answer. */
  single: "honest" | "404" | "500" = "honest";
  /** Strikes as it did before, for what strikes once. */
  failAgain: () => void = () => undefined;
  /** Runs before a page is answered. */
  whileReading: () => void = () => undefined;
  readonly list: List;
  readonly #memberLists: ReadonlyMap<string, List>;
  readonly #spans = new Map<string, Span[]>();
  readonly #said = new Set<string>();
  readonly #everDisabled = new Set<string>();
  #tick = 0;
  #joined = 0;

  constructor(
    readonly random: Random,
    readonly way: Way,
    url: string,
  ) {
    const served = { ...way, pageSize: PAGE };
    const ordered = <T extends { id: string }>(records: readonly T[]) =>
      way.paging === "keyset" ? [...records].sort((a, b) => (a.id < b.id ? -1 : 1)) : records;
    this.list = createList(url, () => ordered(this.people), served);
    this.#memberLists = new Map(
      ROLES.map((role) => {
        const records = () => ordered([...(this.members.get(role) ?? [])].map((id) => ({ id })));
        return [role, createList(url, records, served)] as const;
      }),
    );
    for (let at = 0; at < PEOPLE; at += 1) this.#join(this.#newcomer());
    for (const role of ROLES) for (const { id } of random.some(this.people)) this.#state(role, id, true);
  }

  get now(): number {
    return this.#tick;
  }

  /** Whether it held all through, from that tick until now: that somebody is there, or that a right is stated. */
  heldSince(what: string, tick: number): boolean {
    return (this.#spans.get(what) ?? []).some(({ since, until }) => since <= tick && until === null);
  }

  /**
   * Whether the customer ever said that of somebody. That they may no longer sign in is believed also of a record that cannot be
   * mapped, so it may stand beside what was said of them before.
   */
  everSaid(id: string, login: string, name: string, status: Status): boolean {
    const said = (as: Status) => this.#said.has(JSON.stringify([id, login, name, as]));
    return said(status) || (status === "disabled" && this.#everDisabled.has(id) && said("active"));
  }

  /** One thing changes. */
  change(): void {
    this.random.one(CHANGES)(this, this.random);
  }

  /** Nobody comes or goes by it. */
  edit(): void {
    this.random.one(CHANGES.slice(JOINS_AND_LEAVES))(this, this.random);
  }

  join = (): void => this.#join(this.#newcomer());

  leave(): void {
    if (this.people.length < PEOPLE / 2) return;
    const [person] = this.people.splice(this.random.below(this.people.length), 1);
    if (person === undefined) return;
    this.leavers.push(person);
    this.#ends(person.id);
    for (const role of person.roles) this.#ends(statedBy("users.roles", role, person.id));
    for (const role of ROLES) this.#state(role, person.id, false);
  }

  comeBack(): void {
    const [person] = this.leavers.splice(this.random.below(this.leavers.length), 1);
    if (person !== undefined) this.#join(person);
  }

  rename(person: Simulated, changes: Partial<Simulated>): void {
    for (const role of person.roles) this.#ends(statedBy("users.roles", role, person.id));
    Object.assign(person, changes);
    this.#remember(person);
  }

  toggleMember(): void {
    const [role, { id }] = [this.random.one(ROLES), this.random.one(this.people)];
    this.#state(role, id, this.members.get(role)?.has(id) !== true);
  }

  /** Strikes pages of one of its lists. @returns which, and how */
  fail(mischief: Mischief): string {
    const { random, way } = this;
    const lists: (readonly [List, number])[] = [
      [this.list, this.people.length],
      [this.list, this.people.length],
      ...(mischief === "told"
        ? [...this.#memberLists].map(([role, list]) => [list, this.members.get(role)?.size ?? 0] as const)
        : []),
    ];
    const [list, size] = random.one(lists);
    const isOfLinks = list !== this.list;
    const extent = extentOf(way, size, PAGE);
    const strikes = strikesOn(way, extent).filter(
      ({ name, visibility }) =>
        !COSTLY.has(name) &&
        !(isOfLinks && way.total === null && name === "two with one key") &&
        (mischief === "unseen" ? visibility !== "empty" : isTold(visibility)),
    );
    const struck = random.one(strikes) as Strike;
    this.failAgain = () => strike(list, way, struck, extent.last);
    this.failAgain();
    return `${isOfLinks ? "members" : "people"}, page ${struck.page} of ${extent.last}: ${struck.name}`;
  }

  /** No more faults, and nobody has another's name. */
  mend(): void {
    this.heal();
    for (const person of [...this.people, ...this.leavers])
      if (person.login !== person.id) this.rename(person, { login: person.id });
  }

  heal(): void {
    for (const list of [this.list, ...this.#memberLists.values()]) list.heal();
    this.single = "honest";
    this.whileReading = () => undefined;
    this.failAgain = () => undefined;
  }

  answer(request: SeenRequest, response: Parameters<List["handler"]>[1]): ReturnType<List["handler"]> {
    const [, kind, key, below] = request.path.split("/");
    if (kind === "roles" && below === "members")
      return this.#memberLists.get(key ?? "")?.handler(request, response) ?? { status: 404 };
    if (kind === "roles") return { body: { items: ROLES.map((id) => ({ id, name: id })) } };
    if (key !== undefined) return this.#one(decodeURIComponent(key));
    this.whileReading();
    return this.list.handler(request, response);
  }

  #one(id: string): Reply {
    if (this.single !== "honest") return { status: Number(this.single), body: {} };
    const person = this.people.find((one) => one.id === id);
    return person === undefined ? { status: 404, body: {} } : { body: person };
  }

  #newcomer(): Simulated {
    this.#joined += 1;
    const id = `u${String(this.#joined * 7919).slice(-4)}-${this.#joined}`;
    return { id, login: id, name: `Name ${this.#joined}`, state: "on", roles: this.random.some([...ROLES]) };
  }

  #join(person: Simulated): void {
    this.people.splice(this.random.below(this.people.length + 1), 0, person);
    this.#begins(person.id);
    this.#remember(person);
  }

  #remember(person: Simulated): void {
    this.#tick += 1;
    const { id, login, name, state, roles } = person;
    const status: Status = state === "on" ? "active" : "disabled";
    this.#said.add(JSON.stringify([id, login, name, status]));
    if (status === "disabled") this.#everDisabled.add(id);
    for (const role of roles) this.#begins(statedBy("users.roles", role, id));
  }

  #state(role: string, id: string, isMember: boolean): void {
    const members = this.members.get(role);
    if (members?.has(id) === isMember) return;
    this.#tick += 1;
    if (isMember) members?.add(id);
    else members?.delete(id);
    if (isMember) this.#begins(statedBy("role_members", role, id));
    else this.#ends(statedBy("role_members", role, id));
  }

  #begins(what: string): void {
    const spans = this.#spans.get(what) ?? [];
    if (spans.at(-1)?.until === null) return;
    this.#tick += 1;
    this.#spans.set(what, [...spans, { since: this.#tick, until: null }]);
  }

  #ends(what: string): void {
    const last = this.#spans.get(what)?.at(-1);
    this.#tick += 1;
    if (last !== undefined) last.until ??= this.#tick;
  }
}

export const statedBy = (origin: string, role: string, user: string): string => `${origin} ${role} ${user}`;

const isTold = (visibility: Strike["visibility"]): boolean => visibility !== "unseen" && visibility !== "empty";
/** These take their time: a thousand pages, or much to read. */
const COSTLY: ReadonlySet<string> = new Set(["no end", "deep"].filter((name) => name in PAGE_FAULTS));

type Status = "active" | "disabled";

type Change = (customer: SimulatedCustomer, random: Random) => void;

/** Those who join and leave come first. */
const CHANGES: readonly Change[] = [
  (customer) => customer.join(),
  (customer) => customer.leave(),
  (customer) => customer.comeBack(),
  (customer, { one, below }) => customer.rename(one(customer.people), { name: `Name ${below(99)}` }),
  (customer, { one }) => customer.rename(one(customer.people), { state: one(["on", "on", "off"]) }),
  (customer, { one, some }) => customer.rename(one(customer.people), { roles: some([...ROLES]) }),
  (customer) => customer.toggleMember(),
  (customer) => customer.toggleMember(),
  // A name is taken by somebody else, also of one who left; or is none.
  (customer, { one }) =>
    customer.rename(one(customer.people), { login: one([...customer.people, ...customer.leavers]).login }),
  (customer, { one }) => customer.rename(one(customer.people), { login: one(["", `l${customer.now}`]) }),
];
const JOINS_AND_LEAVES = 3;
