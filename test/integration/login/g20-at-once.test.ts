/**
 * G20: who is disabled, gone or has another password is refused offline from the commit that records it, wherever a login stands
 * at that moment; the verifier goes in that very transaction, and none is left behind.
 */
import { LoginHouse, seed, sql } from "../../support/login-house";
import { createTestDatabase, type TestDatabase } from "../../support/test-database";
import { JOB, startSyncedWorld, USERS } from "../../support/world";

/** As a run does it: the row first, the verifier last, all of it in one transaction. */
const DEEDS = {
  "disables her": "update mirror.users set status = 'disabled' where source = 'acme' and key = 'ada'",
  "removes her": "update mirror.users set tombstoned_at = now() where source = 'acme' and key = 'ada'",
  "learns of another password":
    "update mirror.users set password_changed_at = '2026-01-05T12:00:00.5Z' where source = 'acme' and key = 'ada'",
} as const;

let made: TestDatabase;
beforeAll(async () => {
  made = await createTestDatabase();
  await seed(made.database, ["ada"]);
});
afterAll(() => made.drop());
beforeEach(async () => {
  for (const table of ["verifiers", "failures", "clock"]) await sql(made.database, `delete from login.${table}`);
  await sql(
    made.database,
    "update mirror.users set status = 'active', tombstoned_at = null, password_changed_at = null where key = 'ada'",
  );
});

async function run(deed: keyof typeof DEEDS, meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> {
  await made.database.transaction(async (client) => {
    await client.query(DEEDS[deed]);
    await meanwhile();
    await client.query("delete from login.verifiers where source = 'acme' and key = 'ada'");
  });
}

/** The steps of a login at which somebody else's transaction may come in between. */
const STEPS = ["looked up", "asked", "found", "compared", "kept"] as const;

/** Does something once, before or after one step of the next login. */
function interleave(house: LoginHouse, step: (typeof STEPS)[number], deed: () => Promise<unknown>): void {
  let isDone = false;
  const once = async () => {
    if (isDone) return;
    isDone = true;
    await deed();
  };
  const { attempts, directory, verifiers, journal } = house;
  const before = {
    begin: attempts.begin.bind(attempts),
    look: directory.look.bind(directory),
    keep: verifiers.keep.bind(verifiers),
    admit: journal.admit.bind(journal),
  };
  if (step === "asked") house.meanwhile = once;
  attempts.begin = async (...args) => {
    const begun = await before.begin(...args);
    if (step === "looked up") await once();
    return begun;
  };
  directory.look = async (...args) => {
    const known = await before.look(...args);
    if (step === "found") await once();
    return known;
  };
  verifiers.keep = async (request) => {
    if (step === "compared") await once();
    await before.keep(request);
    if (step === "kept") await once();
  };
  journal.admit = async (entry) => {
    if (step === "compared" || step === "kept") await once();
    return before.admit(entry);
  };
}

const left = () => sql(made.database, "select key from login.verifiers");

describe.each(Object.keys(DEEDS) as (keyof typeof DEEDS)[])("a run that %s", (deed) => {
  test.each(STEPS)("while a login offline was %s", async (step) => {
    const house = new LoginHouse(made.database);
    await house.letIn("ada", "right");
    house.now += 1000;
    interleave(house, step, () => run(deed));
    const answer = await house.try("ada", "right");
    expect(["refused", "unavailable"]).toContain(answer);
    expect(["refused", "unavailable"]).toContain(await house.try("ada", "right"));
    expect(await left()).toEqual([]);
  });

  test.each(["looked up", "asked", "compared", "kept"] as const)("while a live login was %s", async (step) => {
    const house = new LoginHouse(made.database);
    house.live = { outcome: "accepted", key: "ada" };
    interleave(house, step, () => run(deed));
    await house.try("ada", "right");
    expect(await left()).toEqual([]);
    house.live = { outcome: "unavailable", reason: "timeout" };
    house.now += 1000;
    expect(["refused", "unavailable"]).toContain(await house.try("ada", "right"));
  });

  test("while it has written and not committed: a live login waits for nobody, and keeps nothing", async () => {
    const house = new LoginHouse(made.database);
    await house.letIn("ada", "before");
    let during = "";
    await run(deed, async () => {
      house.live = { outcome: "accepted", key: "ada" };
      during = await house.try("ada", "right");
    });
    expect(during).toBe("live");
    expect(await left()).toEqual([]);
  });
});

test("the same password hashed anew by another login is no reason to refuse it", async () => {
  const house = new LoginHouse(made.database);
  await house.letIn("ada", "right");
  const other = new LoginHouse(made.database);
  interleave(house, "found", () => other.letIn("ada", "right"));
  expect(await house.try("ada", "right")).toBe("mirror");
});

test("a password that another login has replaced meanwhile is refused", async () => {
  const house = new LoginHouse(made.database);
  await house.letIn("ada", "old");
  const other = new LoginHouse(made.database);
  interleave(house, "found", () => other.letIn("ada", "new"));
  expect(await house.try("ada", "old")).toBe("refused");
});

describe("of a password that was changed at the customer's", () => {
  /** Two processes, of which the other is a second ahead: it asks later. */
  const both = async () => {
    const house = new LoginHouse(made.database);
    await house.letIn("ada", "old");
    house.now += 1000;
    const other = new LoginHouse(made.database);
    other.now = house.now + 1000;
    return { house, other };
  };
  const offline = async (house: LoginHouse) => {
    house.now += 5000;
    house.live = { outcome: "unavailable", reason: "timeout" };
    return { old: await house.try("ada", "old"), new: await house.try("ada", "new") };
  };

  test("a login that asked before does not put the old one in place of the new one", async () => {
    const { house, other } = await both();
    interleave(house, "compared", () => other.letIn("ada", "new"));
    house.live = { outcome: "accepted", key: "ada" };
    expect(await house.try("ada", "old")).toBe("live");
    expect(await offline(house)).toEqual({ old: "refused", new: "mirror" });
  });

  test("a login that asked before does not bring back what a no has taken away", async () => {
    const { house, other } = await both();
    other.live = { outcome: "refused" };
    interleave(house, "compared", async () => expect(await other.try("ada", "old")).toBe("refused"));
    house.live = { outcome: "accepted", key: "ada" };
    expect(await house.try("ada", "old")).toBe("live");
    expect((await offline(house)).old).toBe("unavailable");
    // The next yes counts again.
    await house.letIn("ada", "new");
    expect(await offline(house)).toEqual({ old: "refused", new: "mirror" });
  });

  test("a no for the old one does not take away the new one", async () => {
    const { house, other } = await both();
    interleave(house, "found", () => other.letIn("ada", "new"));
    house.live = { outcome: "refused" };
    expect(await house.try("ada", "old")).toBe("refused");
    expect(await offline(house)).toEqual({ old: "refused", new: "mirror" });
  });
});

test("by a real run: who is disabled, gone or has another password; not who has another name", async () => {
  const mapping = USERS.replace("attributes:", "  password_changed_at: changed\nattributes:");
  const world = await startSyncedWorld({ "jobs/acme.yaml": JOB, "mappings/acme/users.yaml": mapping });
  try {
    const people = ["disabled", "changed", "gone", "renamed"].map((id) => ({
      id,
      login: id,
      state: "on",
      roles: ["r2"],
    }));
    world.users = [...world.users, ...people];
    await world.sync();
    const house = new LoginHouse(world.database);
    house.now = Date.now();
    for (const { id } of people) await house.letIn(id, "right");
    world.users = world.users
      .filter(({ id }) => id !== "gone")
      .map((one) => {
        if (one.id === "disabled") return { ...one, state: "off" };
        if (one.id === "changed") return { ...one, changed: "2026-01-01T00:00:00Z" };
        return one.id === "renamed" ? { ...one, login: "another" } : one;
      });
    await world.sync();
    await world.sync();
    expect(await world.sql("select key from login.verifiers")).toEqual([{ key: "renamed" }]);
  } finally {
    await world.close();
  }
});
