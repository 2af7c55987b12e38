/**
 * G9: a process that is told to stop ends within 25 s, whatever hangs, and at once when it is told again. What it leaves is as
 * after a kill (G6): the next run ends in the state of an undisturbed one.
 *
 *     npx jest g09                           a phase with one backend of the queue, and after one step of a command, at random
 *     UNDERSTUDY_KILL_AT=37 npx jest g09     after that step alone
 *     npm run faults -- g09                  all phases with both backends, and after every step
 */

import { Client } from "pg";
import {
  backends,
  type CommandStage,
  openCommandStage,
  type Performance,
  type Scene,
  SYNC,
} from "../support/command-stage";
import { differences } from "../support/dump-database";
import { PATIENT_CHANGES } from "../support/fault-scenarios";
import type { Service } from "../support/service";
import { chosen, tryEveryStep } from "../support/steps";
import type { Handler } from "../support/upstream-server";
import { waitsForLock } from "../support/waits-for-lock";

const ENDS_WITHIN = 25_000;
/** A machine that does much beside needs its time for nothing, too. */
const AT_ONCE = 5_000;
const HEARD = "ending: what is under way is finished first; a second signal ends at once, which is safe too";
const UP = ["up", "--port", "0"];
const SLOT = "insert into sync.slots (source, slot, state) values ('acme', date_trunc('second', now()), 'due')";

const hang: Handler = () => new Promise(() => {});
const stall: Handler = (_request, response) => void response.writeHead(200).write('{"items":[');
const pause: Handler = () => ({ status: 429, headers: { "retry-after": "600" } });
/** By the request that is not answered. */
const PHASES: Readonly<Record<string, readonly [path: string, hangs: Handler]>> = {
  "at the first page": ["/orgs", hang],
  "in the middle of a page": ["/users", stall],
  "at the page of a child": ["/roles/{id}/members", hang],
  "while it asks for the absent": ["/users/{id}", hang],
  "between two attempts": ["/permissions", pause],
};

/** How a command that waits for its database is told to stop, and within what it must have ended. */
const LOCKED_OUT: readonly (readonly [how: string, within: number, ...signals: NodeJS.Signals[]])[] = [
  ["ends in time", ENDS_WITHIN, "SIGTERM"],
  ["ends at once when it is told again", AT_ONCE, "SIGTERM", "SIGTERM"],
  ["ends at once when it is told from the keyboard, and again by a supervisor", AT_ONCE, "SIGINT", "SIGTERM"],
];

describe.each(backends())("with the queue on %s", (backend) => {
  let stage: CommandStage | null = null;
  let undisturbed: Performance;
  const lockedOut = chosen(LOCKED_OUT, 1);
  /** Where these wait, for as long as half a minute, while others play. */
  let besides: CommandStage | null = null;
  let waits: readonly Promise<void>[] = [];
  beforeAll(async () => {
    stage = await openCommandStage(PATIENT_CHANGES, backend);
    undisturbed = (await stage?.perform(({ startStruck }) => startStruck(SYNC).exited)) as Performance;
    besides = await openCommandStage(PATIENT_CHANGES, backend);
    waits = lockedOut.map(([, within, ...signals]) => waitsForDatabase(within, signals));
    // The test that asks for it tells how it failed.
    for (const wait of waits) wait.catch(() => undefined);
  }, 120_000);
  afterAll(async () => {
    await Promise.allSettled(waits);
    await besides?.close();
    await stage?.close();
  });

  /** Plays with a request that hangs, and sees that it does no harm. */
  async function stopsAt(phase: string, play: (scene: Scene, hangs: Promise<void>) => Promise<unknown>): Promise<void> {
    const [path, handler] = PHASES[phase] ?? ["/orgs", hang];
    await leavesNothing(async (scene) => {
      let putBack = (): void => undefined;
      const hangs = new Promise<void>((resolve) => {
        putBack =
          stage?.world.upstream.on(path, (...request) => {
            resolve();
            return handler(...request);
          }) ?? putBack;
      });
      try {
        await play(scene, hangs);
      } finally {
        putBack();
      }
    });
  }

  async function leavesNothing(play: (scene: Scene) => Promise<unknown>, on = stage): Promise<void> {
    if (on === null) return;
    const { exitCode, dump } = await on.perform(play);
    expect([exitCode, ...differences(undisturbed.dump, dump)]).toEqual([undisturbed.exitCode]);
  }

  const waitsForDatabase = (within: number, signals: readonly NodeJS.Signals[]): Promise<void> =>
    leavesNothing(async ({ url, sql, start }) => {
      const other = new Client({ connectionString: url });
      await other.connect();
      try {
        await other.query("begin; lock table mirror.roles in share row exclusive mode");
        const command = start(SYNC);
        await waitsForLock({ sql });
        expect(await stopped(command, within, ...signals)).toBe(143);
      } finally {
        await other.end();
      }
    }, besides);

  test.each(chosen(Object.keys(PHASES), 1))("a command %s", (phase) =>
    stopsAt(phase, async ({ start }, hangs) => {
      const command = start(SYNC);
      await hangs;
      expect(await stopped(command, ENDS_WITHIN, "SIGTERM")).toBe(143);
    }),
  );

  test("a command that is interrupted from the keyboard", () =>
    stopsAt("at the first page", async ({ start }, hangs) => {
      const command = start(SYNC);
      await hangs;
      expect(await stopped(command, ENDS_WITHIN, "SIGINT")).toBe(130);
    }));

  test("a worker in the middle of a slot, which is then taken up by the next one", () =>
    stopsAt("in the middle of a page", async ({ sql, start }, hangs) => {
      await sql(SLOT);
      const worker = start(UP);
      await hangs;
      expect(await stopped(worker, ENDS_WITHIN, "SIGTERM")).toBe(0);
      expect(await sql("select state from sync.slots")).toEqual([{ state: "due" }]);
      // What comes next is as if there had been none.
      await sql("delete from sync.slots");
      await sql("delete from sync.schedules");
    }));

  test("a command after any of its steps", async () => {
    const theatre = stage;
    if (theatre === null) return;
    const campaign = { file: "g09", test: `${backend} a command after any`, sent: undisturbed.sent };
    await tryEveryStep(campaign, async (at) => {
      const play = async ({ startStruck }: Scene) => {
        const command = startStruck(SYNC);
        // What was begun may come to its end, which is no interruption then. Before anything is, nobody listens to signals yet.
        const ends = at === 0 ? [null] : [undisturbed.exitCode, 143];
        expect(ends).toContain(await ended(command, ENDS_WITHIN));
      };
      const { struck, exitCode, dump } = await theatre.perform(play, { at, signal: "SIGTERM" });
      expect([exitCode, ...differences(undisturbed.dump, dump)]).toEqual([undisturbed.exitCode]);
      return struck;
    });
  }, 7_200_000);

  test.each(lockedOut.map(([how], index) => [how, index] as const))(
    "a command that waits for its database %s",
    (_how, index) => waits[index],
  );
});

/** @param signals the first, and what comes once it was heard */
async function stopped(
  service: Service,
  within: number,
  ...signals: readonly NodeJS.Signals[]
): Promise<number | null> {
  const [first = "SIGTERM", second] = signals;
  void service.end(first);
  if (second !== undefined) {
    await service.says(HEARD);
    void service.end(second);
  }
  return ended(service, within);
}

async function ended(service: Service, within: number): Promise<number | null> {
  const begun = performance.now();
  const code = await service.exited;
  expect(performance.now() - begun).toBeLessThan(within);
  return code;
}
