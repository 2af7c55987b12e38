/** Runs of every kind, for faults to strike: what the customer's system held when it was read before, and what it holds now. */
import type { BatchTerms } from "../../src/mirror/stage/stage-batches";
import type { RunChoices } from "./create-runner";
import { FILES_WITH_CHILDREN } from "./random-customer";
import type { List, ListOptions } from "./upstream-list";
import { crowd, JOB, USERS, type World } from "./world";

export interface FaultScenario {
  readonly name: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Of the run that is struck; a whole sync, a batch a page, unless told. */
  readonly options?: Omit<RunChoices, "signal" | "tell">;
  /** What the customer's system answers, besides the usual. */
  readonly serve?: (world: World) => unknown;
  /** As it was when it was read before; null when it never was. */
  readonly before: ((world: World) => Promise<void> | void) | null;
  /** A run has held what it holds now, and a person has let that through; `now` may come twice. */
  readonly released?: true;
  readonly now: (world: World) => Promise<void> | void;
  /** A sync has read it as it is now, too: the run that is struck is about that one, run 2. */
  readonly isRead?: true;
}

/** Links are stated by lists, names are taken over, and nobody is over a limit. */
function before(world: World): void {
  world.users = [
    { id: "u1", login: "ann", state: "on", name: "Ann", orgs: ["o2"], roles: ["r1"] },
    { id: "u2", login: "bob", state: "on", orgs: ["o2"], roles: ["r2"] },
    { id: "u3", login: "cem", state: "on", name: "Cem", orgs: ["o2"] },
    { id: "u4", login: "dora", state: "on", roles: ["r2", "r3"] },
    { id: "u5", login: "emil", state: "on" },
    ...crowd(30).map((person) => ({ ...person, id: `c${person.id}`, login: `c${person.login}` })),
  ];
}

/** A swap of names, a leaver and who takes over their name, a newcomer, grants, revokes and a reject. */
function now(world: World): void {
  const [ann, bob, cem, ...rest] = world.users;
  world.users = [
    { ...ann!, login: "bob", roles: ["r1", "r2"] },
    { ...bob!, login: "ann", state: "off", roles: [] },
    { ...cem!, name: "Jim", orgs: ["o1"] },
    ...rest.filter(({ id }) => id !== "u4" && id !== "u5"),
    { id: "u6", login: "dora", state: "on", roles: ["r1"] },
    { id: "u7", state: "on", name: "Nobody" },
    { id: "u5", login: "emil", state: "purged" },
  ];
  world.roles = [
    { id: "r1", name: "Administrator", permissions: ["p1"] },
    { id: "r2", name: "Reader", permissions: ["p1"] },
  ];
}

/** One of so few is more than one in a hundred, and would hold what is gone. */
const LENIENT_JOB = `${JOB}safeguard: { rejects: 10% }\n`;
interface UsersPaging {
  /** A job whose users are paged so. */
  readonly job: (text: string) => string;
  /** Has the customer's system page them so. */
  readonly serve: (world: World) => List;
}

const OFFSET = "page: { offset: offset, size: limit=10, total: total }";
const pagedBy = (paging: NonNullable<ListOptions["paging"]>, page: string): UsersPaging => ({
  job: (text) => text.replace(OFFSET, page),
  serve: (world) => world.upstream.serveList("/users", () => world.users, { paging, pageSize: 10, total: "body" }),
});

export const byOffset = pagedBy("offset", OFFSET);
export const byCursor = pagedBy("cursor", "page: { cursor: next, as: after, size: limit=10, total: total }");
export const byLink = pagedBy("link", "page: { link: next, size: limit=10, total: total }");

function serveMembers(world: World): void {
  world.upstream.on("/roles/{id}/members", ({ params: { id = "" } }) => ({
    body: { items: world.users.filter(({ roles = [] }) => roles.includes(id)).map((person) => ({ id: person.id })) },
  }));
}

const TURNED: Readonly<Record<string, string>> = { u1: "u2", u2: "u1", u3: "w3" };

/** With a schedule, for who waits for it. */
export const FEW_CHANGES: FaultScenario = {
  name: "few changes",
  files: { "jobs/acme.yaml": `${JOB}schedule: { cron: "0 0 1 1 *", timezone: UTC }\n` },
  before: () => undefined,
  now(world) {
    world.users.push({ id: "u4", login: "dora", state: "on", roles: ["r1"] });
  },
};

/** Every phase of a run has something to ask, and whatever hangs is waited for longer than anybody who stops it waits. */
export const PATIENT_CHANGES: FaultScenario = {
  name: "changes, read patiently",
  files: {
    ...FILES_WITH_CHILDREN,
    "jobs/acme.yaml": (FILES_WITH_CHILDREN["jobs/acme.yaml"] ?? "")
      .replace("timeout: 5s", "timeout: 1m")
      .replace("budget: 1s", "budget: 15m")
      .concat('safeguard: { rejects: 10% }\nschedule: { cron: "0 0 1 1 *", timezone: UTC }\n'),
  },
  serve: serveMembers,
  before,
  now,
};

/** Changes that it takes to undo what happened since `before`. */
const UNDONE = 14;

const INCREMENTS = `safeguard: { rejects: 10% }\n`;
const USERS_PAGE = `    ${OFFSET}\n`;

/** What changed carries the moment, or is what the token asks for. */
function nowStamped(world: World): void {
  const known = new Map(world.users.map((person) => [person.id, JSON.stringify(person)]));
  now(world);
  world.users = world.users.map((person) =>
    known.get(person.id) === JSON.stringify(person) ? person : { ...person, updatedAt: "2026-11-21T00:00:00Z" },
  );
}

const CHANGES_SINCE: FaultScenario = {
  name: "only what changed since a moment",
  files: {
    "jobs/acme.yaml": byCursor
      .job(JOB)
      .replace(
        "    one: /users",
        '    since: { field: updatedAt, query: { since: "{since}" } }\n    full: 7d\n    one: /users',
      )
      .concat(INCREMENTS),
  },
  serve: (world) =>
    world.upstream.serveList(
      "/users",
      ({ query }) =>
        world.users.filter(({ updatedAt = "2026-11-20" }) => String(updatedAt) >= (query.get("since") ?? "")),
      { paging: "cursor", pageSize: 10, total: "body" },
    ),
  before(world) {
    before(world);
    world.users = world.users.map((person) => ({ ...person, updatedAt: "2026-11-20T00:00:00Z" }));
  },
  now: nowStamped,
};

const CHANGES_BY_LINK: FaultScenario = {
  name: "only what changed by a link",
  files: {
    "jobs/acme.yaml": JOB.replace(
      USERS_PAGE,
      "    page: { cursor: next, as: after, size: limit=10 }\n    delta: { link: delta, as: token, removed: gone }\n",
    ).concat(INCREMENTS),
  },
  serve: (world) =>
    world.upstream.serveList(
      "/users",
      ({ query }) =>
        query.has("token") ? world.users.filter(({ updatedAt }) => updatedAt !== undefined) : world.users,
      { paging: "cursor", pageSize: 10, extra: { delta: "t" } },
    ),
  before,
  now(world) {
    nowStamped(world);
    world.users.push({ id: "u4", gone: true, updatedAt: "2026-11-21T00:00:00Z" });
  },
};

const LANDING_BATCHES: BatchTerms = { rows: 10, checkpointEvery: 0, landsFrom: 10 };

/** A batch of users goes into the mirror with each page. */
export const LANDING: FaultScenario = {
  name: "a first load that lands",
  files: { "jobs/acme.yaml": byCursor.job(JOB) },
  options: { batches: LANDING_BATCHES },
  serve: byCursor.serve,
  before: null,
  now(world) {
    world.users = crowd(45);
  },
};

/** A hash of bcrypt, which nobody's password has to be for this. */
const hashed = (letter: string): { value: string } => ({ value: `$2b$05$${letter.repeat(53)}` });
const WITH_PASSWORDS = USERS.replace("attributes:", "password: { from: proof.value, format: bcrypt }\nattributes:");

const PASSWORDS: readonly FaultScenario[] = [
  {
    name: "passwords that come, change and go",
    files: { "jobs/acme.yaml": byCursor.job(LENIENT_JOB), "mappings/acme/users.yaml": WITH_PASSWORDS },
    serve: byCursor.serve,
    before(world) {
      before(world);
      world.users = world.users.map((one) => (one.id === "u5" ? one : { ...one, proof: hashed("a") }));
    },
    now(world) {
      now(world);
      const proofs: Readonly<Record<string, object | undefined>> = { u1: hashed("b"), u3: { value: "!" }, cu7: {} };
      world.users = world.users.map((one) => ({ ...one, proof: proofs[String(one.id)] ?? one.proof ?? hashed("c") }));
    },
  },
  {
    ...LANDING,
    name: "a first load with passwords",
    files: { "jobs/acme.yaml": byCursor.job(JOB), "mappings/acme/users.yaml": WITH_PASSWORDS },
    now(world) {
      world.users = crowd(45).map((one, at) => ({ ...one, proof: at % 9 === 0 ? {} : hashed("a") }));
    },
  },
];

export const FAULT_SCENARIOS: readonly FaultScenario[] = [
  LANDING,
  ...PASSWORDS,
  {
    ...LANDING,
    name: "a first load in which a name comes twice",
    files: { "jobs/acme.yaml": byCursor.job(LENIENT_JOB) },
    now(world) {
      world.users = crowd(45).map((person) => (person.id === "u33" ? { ...person, login: "User4" } : person));
    },
  },
  {
    name: "a first load by cursor",
    files: { "jobs/acme.yaml": byCursor.job(JOB) },
    serve: byCursor.serve,
    before: null,
    now(world) {
      world.users = crowd(45);
    },
  },
  { name: "changes of every kind", files: { "jobs/acme.yaml": LENIENT_JOB }, before, now },
  {
    name: "changes by cursor, of which some are held",
    files: { "jobs/acme.yaml": byCursor.job(JOB) },
    serve: byCursor.serve,
    before,
    now,
  },
  {
    name: "child streams",
    files: {
      ...FILES_WITH_CHILDREN,
      "jobs/acme.yaml": `${FILES_WITH_CHILDREN["jobs/acme.yaml"]}safeguard: { rejects: 10% }\n`,
    },
    serve: serveMembers,
    before,
    now,
  },
  CHANGES_SINCE,
  CHANGES_BY_LINK,
  {
    name: "a release of people, of a field and of a role",
    files: { "jobs/acme.yaml": byCursor.job(JOB) },
    serve: byCursor.serve,
    options: { release: 2, by: "ops@desk" },
    before(world) {
      world.users = crowd(60).map((person) => ({ ...person, department: "Sales" }));
    },
    released: true,
    now(world) {
      world.users = crowd(60)
        .slice(12)
        .map((person, at) => ({
          ...person,
          name: at < 5 ? `Renamed ${at}` : `User ${at + 13}`,
          department: at < 20 ? "Retired" : "Sales",
          roles: at < 6 ? ["r1", "r2"] : ["r2"],
        }));
    },
  },
  { name: "a plan", files: { "jobs/acme.yaml": LENIENT_JOB }, options: { mode: "plan" }, before, now },
  {
    name: "a run that is undone",
    files: { "jobs/acme.yaml": LENIENT_JOB },
    options: { mode: "revert", revert: { run: 2, user: null, field: null, keepNewer: false, expect: UNDONE } },
    before,
    now,
    isRead: true,
  },
  {
    name: "a rekey",
    options: { mode: "rekey", rekey: { stream: "users", expect: 3 } },
    before: () => undefined,
    // Two swap their keys and a third gets another.
    async now(world) {
      for (const person of world.users) person.turned = TURNED[String(person.id)];
      await world.write("mappings/acme/users.yaml", USERS.replace("key: id", "key: turned"));
    },
  },
];
