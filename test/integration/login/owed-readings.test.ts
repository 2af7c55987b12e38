/** Whom the mirror let in because the customer's system did not answer is looked at by a run once it does, whatever comes between. */

import { openLoginStores } from "../../../src/app/open/login-stores";
import { keepDoing } from "../../../src/app/service/keep-doing";
import { createLoginUpkeep, UPKEEP_INTERVAL } from "../../../src/app/service/login-upkeep";
import { silentLog } from "../../../src/domain/log";
import { once } from "../../../src/domain/once";
import { eventually } from "../../support/eventually";
import { LoginHouse } from "../../support/login-house";
import { HOUR } from "../../support/login-world";
import { PEPPER } from "../../support/pepper";
import { startWorld, type World } from "../../support/world";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

let world: World;
let house: LoginHouse;
/** When the person is let in by the mirror. */
let now: number;

beforeEach(async () => {
  world = await startWorld();
  await world.sync();
  house = new LoginHouse(world.database);
  now = house.now = Date.now();
  await house.letIn("u1", "right", "ann");
});
afterEach(() => world.close());

async function letInByTheMirror(): Promise<void> {
  expect(await house.try("ann", "right")).toBe("mirror");
}

const claim = (at: number) => house.breakers.claimReadings(at);

async function away(since: number): Promise<void> {
  await house.breakers.claimProbe("acme", since, 1);
  await house.breakers.set("acme", false, since);
}

const back = (at: number) => house.breakers.set("acme", true, at);

test("also where it was never known to be away: after a while, once, and less and less often while no run looks", async () => {
  await letInByTheMirror();
  expect(await claim(now + 9 * SECOND)).toEqual([]);
  const claims: number[] = [];
  for (let minutes = 0; minutes < 4 * 60; minutes += 1)
    for (const _ of await claim(now + 10 * SECOND + minutes * MINUTE)) claims.push(minutes);
  expect(claims).toEqual([0, 15, 31, 63, 127]);
  expect(await claim(now + 24 * HOUR)).toEqual([]);
});

test("until a run has looked at everybody", async () => {
  await letInByTheMirror();
  const later = now + HOUR;
  await world.sync({ only: ["roles"] });
  await world.sync({ user: "u1" });
  expect(await claim(later)).toEqual(["acme"]);
  world.usersList.fault(1, "503");
  expect(await world.sync()).toMatchObject({ exitCode: 4 });
  world.usersList.heal();
  expect(await claim(later + HOUR)).toEqual(["acme"]);
  await world.sync();
  expect(await claim(later + 4 * HOUR)).toEqual([]);
});

test("as soon as it is known to answer, each time, and not before", async () => {
  for (const hours of [1, 2]) {
    await away(now);
    await letInByTheMirror();
    expect(await claim(now + HOUR)).toEqual([]);
    await back(now + HOUR);
    const claims = await Promise.all([claim(now + HOUR), claim(now + HOUR), claim(now + HOUR + MINUTE)]);
    expect(claims.flat()).toEqual(["acme"]);
    now = house.now += hours * HOUR + 2 * MINUTE;
  }
});

test("as it was already of an outage that began only then", async () => {
  await letInByTheMirror();
  await away(now + SECOND);
  await back(now + 2 * SECOND);
  expect(await claim(now + 2 * SECOND)).toEqual(["acme"]);
});

test("nobody is owed anything for whom it was not to be asked, or who was let in by nobody", async () => {
  house.policy = { ...house.policy, mode: "mirror-first" };
  await letInByTheMirror();
  house.policy = { ...house.policy, mode: "mirror-only" };
  await letInByTheMirror();
  house.policy = { ...house.policy, mode: "live-first" };
  expect(await house.try("ann", "wrong")).toBe("refused");
  await house.breakers.drill("acme", now + HOUR, "ops", null);
  await letInByTheMirror();
  expect(await claim(now + 2 * HOUR)).toEqual([]);
});

describe("a process that stays", () => {
  let told: string[];
  let read: number;
  let stop: AbortController;
  beforeEach(() => {
    [told, read, stop] = [[], 0, new AbortController()];
  });

  /** Until `stop` is aborted. @param answers what becomes of a reading */
  function stay(answers: () => boolean): Promise<void> {
    const log = { ...silentLog, warn: (message: string) => void told.push(message) };
    const sources = { find: () => Promise.reject(new Error("nobody is to be asked")) } as never;
    const stores = openLoginStores({
      database: once(async () => world.database),
      peppers: once(async () => [PEPPER] as const),
    });
    const readAnew = async () => {
      read += 1;
      return answers();
    };
    const { upkeep } = createLoginUpkeep({ stores, sources, readAnew, log });
    return keepDoing(upkeep, { interval: UPKEEP_INTERVAL, signal: stop.signal, log });
  }

  test("asks again where another run is at work, and so does another process when it ends", async () => {
    await away(now);
    await letInByTheMirror();
    await back(now);
    await stay(() => {
      if (read === 2) stop.abort();
      return false;
    });
    stop = new AbortController();
    await stay(() => {
      stop.abort();
      return true;
    });
    expect([read, told]).toEqual([3, []]);
    expect(await claim(Date.now())).toEqual([]);
  });

  test("tells what cannot be read, and does not forget it", async () => {
    await away(now);
    await letInByTheMirror();
    await back(now);
    const staying = stay(() => {
      throw new Error("a mistake in a file");
    });
    await eventually(
      async () => told,
      ({ length }) => length > 0,
    );
    stop.abort();
    await staying;
    expect([read, told]).toEqual([1, ["the people whom the mirror let in could not be checked again yet"]]);
    expect(await claim(Date.now() + 16 * MINUTE)).toEqual(["acme"]);
  });
});
