/** Whom the mirror let in while the customer's system was away is looked at by a run once it answers again. */

import { openLoginStores } from "../../../src/app/login-stores";
import { createLoginUpkeep } from "../../../src/app/login-upkeep";
import { silentLog } from "../../../src/domain/log";
import { once } from "../../../src/domain/once";
import { eventually } from "../../support/eventually";
import { PEPPER } from "../../support/pepper";
import { startWorld, type World } from "../../support/world";

let world: World;
let told: string[];
let read: number;
let stop: AbortController;
/** What becomes of each reading that is asked for; the last stands for all beyond. */
let answers: (() => boolean)[];

beforeEach(async () => {
  world = await startWorld();
  await world.sync();
  [told, read, stop, answers] = [[], 0, new AbortController(), [() => true]];
});
afterEach(() => world.close());

const stores = () =>
  openLoginStores({ database: once(async () => world.database), peppers: once(async () => [PEPPER] as const) });

const letIn = (at: string) =>
  world.sql(`insert into login.admissions (source, key, at, as_of) values ('acme', 'u1', ${at}, now())`);

/** The customer's system was away since then, and answers now. */
async function outage(since: number) {
  const { breakers } = await stores()();
  await breakers.claimProbe("acme", Date.now(), 1);
  await breakers.set("acme", false, since);
  await breakers.set("acme", true, Date.now());
}

async function readAnew(): Promise<boolean> {
  read += 1;
  return (answers.length > 1 ? answers.shift() : answers[0])?.() ?? false;
}

/** A process that stays, until nobody waits for anything. */
async function untilNothingIsOwed(): Promise<void> {
  const log = { ...silentLog, warn: (message: string) => void told.push(message) };
  const sources = { find: () => Promise.reject(new Error("nobody is to be asked")) };
  const upkeep = createLoginUpkeep({ stores: stores(), sources: sources as never, readAnew, log });
  const over = upkeep.maintain(stop.signal);
  const owed = "select from login.upstreams where reading_owed_since is not null";
  await eventually(
    () => world.sql(owed),
    (rows) => rows.length === 0,
  );
  stop.abort();
  await over;
}

test("also who came before it was known to be away", async () => {
  await letIn("now()");
  await outage(Date.now() + 1000);
  await untilNothingIsOwed();
  expect(read).toBe(1);
});

test("not if a run has looked at them since, nor if there is nobody", async () => {
  await outage(Date.now());
  await untilNothingIsOwed();
  await letIn("now()");
  await world.sync();
  stop = new AbortController();
  await outage(Date.now() - 60_000);
  await untilNothingIsOwed();
  expect(read).toBe(0);
});

test("a run of a part looks at nobody", async () => {
  await letIn("now()");
  await world.sync({ only: ["roles"] });
  await outage(Date.now());
  await untilNothingIsOwed();
  expect(read).toBe(1);
});

test("where another run is at work, after that, and by whichever process is there then", async () => {
  answers = [
    () => {
      // The process ends meanwhile.
      stop.abort();
      return false;
    },
    () => true,
  ];
  await letIn("now()");
  await outage(Date.now());
  const sources = { find: () => Promise.reject(new Error("nobody is to be asked")) } as never;
  await createLoginUpkeep({ stores: stores(), sources, readAnew, log: silentLog }).maintain(stop.signal);
  expect(read).toBe(1);
  stop = new AbortController();
  await untilNothingIsOwed();
  expect(read).toBe(2);
});

test("what cannot be read is told and given up", async () => {
  answers = [
    () => {
      throw new Error("no queue");
    },
  ];
  await letIn("now()");
  await outage(Date.now());
  await untilNothingIsOwed();
  expect([read, told]).toEqual([1, ["the people whom the mirror let in could not be checked again"]]);
});
