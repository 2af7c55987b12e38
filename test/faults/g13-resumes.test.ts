/**
 * G13: an interrupted run resumes at its last committed page and asks for no committed page again; what it tells of itself in
 * the end is what an undisturbed run tells.
 *
 *     npx jest g13                                    killed, or its upstream gone, at a few of 50 pages
 *     UNDERSTUDY_KILL_AT=7 npx jest g13               at that page alone
 *     npm run faults -- g13                           at each of them
 */

import type { StreamState } from "../../src/domain/staging";
import { chance, isWhole } from "../support/chance";
import { eventually } from "../support/eventually";
import { byCursor, byLink, byOffset, LANDING } from "../support/fault-scenarios";
import { type Attempt, type FaultStage, openFaultStage } from "../support/fault-stage";
import { holderIsGone } from "../support/holder-is-gone";
import { chosen } from "../support/steps";
import { crowd, JOB, USERS, type World } from "../support/world";

const PAGES = 50;
const ALL = Array.from({ length: PAGES }, (_, index) => index + 1);
const { UNDERSTUDY_KILL_AT: killAt = "some" } = process.env;

/** Pages from 2 on: before the first of the users there is nothing of them to go on from. */
const pages = (): readonly number[] => {
  if (killAt === "all") return ALL.slice(1);
  return killAt === "some" ? [2 + chance.below(PAGES - 1)] : killAt.split(",").map(Number);
};

/** How many pages of the users the database knows as read. */
async function committed({ sql }: Pick<Attempt, "sql">): Promise<number> {
  const [row] = await sql<{ streams: readonly StreamState[] }>("select streams from sync.checkpoints");
  return row?.streams.find(({ stream }) => stream === "users")?.counted.pages ?? 0;
}

/** Read by cursor and by link, staged; and landed, which is in the mirror as far as it was read. */
const KINDS = [
  { kind: "by cursor", ...byCursor, options: {} },
  { kind: "by link", ...byLink, options: {} },
  { kind: "a first load that lands", ...byCursor, options: LANDING.options ?? {} },
];

describe.each(chosen(KINDS, 1))("$kind", ({ kind, job, serve, options }) => {
  let stage: FaultStage;
  let list: ReturnType<typeof serve>;
  beforeAll(async () => {
    stage = await openFaultStage({
      name: `fifty pages, ${kind}`,
      options,
      files: { "jobs/acme.yaml": job(JOB) },
      serve(world) {
        list = serve(world);
      },
      before: null,
      now(world) {
        world.users = crowd(10 * PAGES);
      },
    });
  });
  afterAll(() => stage?.close());
  afterEach(() => list.heal());

  /** What is asked of the users while `work` is done: the numbers of their pages. */
  async function askedIn(work: () => Promise<unknown>): Promise<readonly number[]> {
    const { requests } = stage.world.upstream;
    const before = requests.length;
    await work();
    return requests
      .slice(before)
      .filter(({ path }) => path === "/users")
      .map(({ query }) => Number((query.get("after") ?? "c-0").slice(2)) / 10 + 1);
  }

  /** Interrupts a run at pages of the users; the next run asks for these and what comes after them, and tells of the whole. */
  async function interrupt(by: (attempt: Attempt, page: number) => Promise<void>): Promise<void> {
    for (const page of pages()) {
      const attempt = await stage.attempt();
      try {
        await by(attempt, page);
        list.heal();
        expect(await committed(attempt)).toBe(page - 1);
        const asked = await askedIn(async () => {
          const report = await attempt.run();
          const users = (10 * (page - 1)).toLocaleString("en-US");
          const notes = [expect.stringMatching(new RegExp(`^goes on from run \\d+, .* and ${users} users$`))];
          expect(report).toMatchObject({ outcome: "ok", notes: expect.arrayContaining(notes) });
          expect(report.entities.users).toMatchObject({ fetched: 10 * PAGES, complete: true, after: 10 * PAGES });
        });
        expect(asked).toEqual(ALL.slice(page - 1));
        await attempt.settles();
      } catch (error) {
        throw new Error(`UNDERSTUDY_KILL_AT=${page} npx jest g13 -t "${kind}"`, { cause: error });
      } finally {
        await attempt.drop();
      }
    }
  }

  test("killed at a page", async () => {
    await interrupt(async (attempt, page) => {
      const killed = attempt.start();
      list.fault(page, async () => {
        // What came before is written while this one is waited for.
        await eventually(
          () => committed(attempt),
          (pages) => pages >= page - 1,
        );
        killed.signal("SIGKILL");
      });
      expect(await killed.ended).toBeNull();
      await holderIsGone(attempt);
    });
  }, 600_000);

  test.each(isWhole ? (["503", "reset"] as const) : (["503"] as const))(
    "its upstream gone at a page: %s",
    async (fault) => {
      await interrupt(async (attempt, page) => {
        list.fault(page, fault);
        expect(await attempt.run()).toMatchObject({ outcome: "upstream", exitCode: 4 });
      });
    },
    600_000,
  );

  test.each<[string, string, (attempt: Attempt, world: World) => Promise<unknown>]>([
    [
      "more than an hour ago",
      "more than an hour ago",
      ({ sql }) => sql("update sync.checkpoints set at = at - interval '61 minutes'"),
    ],
    [
      "whose mapping was edited since",
      "but its job or mappings were edited since",
      (_, world) => world.write("mappings/acme/users.yaml", `${USERS}  city: city\n`),
    ],
    [
      "whose job was edited since",
      "but its job or mappings were edited since",
      (_, world) => world.write("jobs/acme.yaml", job(JOB).replace("get: /users", "get: /users?all=true")),
    ],
  ])("one %s starts anew and says why", async (_, because, change) => {
    const attempt = await stage.attempt();
    try {
      list.fault(20, "503");
      await attempt.run();
      list.heal();
      await change(attempt, stage.world);
      const asked = await askedIn(async () => {
        expect(await attempt.run()).toMatchObject({
          outcome: "ok",
          notes: expect.arrayContaining([
            expect.stringMatching(new RegExp(`^run \\d+ was interrupted,? ${because}: starts anew$`)),
          ]),
        });
      });
      expect(asked).toEqual(ALL);
    } finally {
      await stage.world.write("mappings/acme/users.yaml", USERS);
      await stage.world.write("jobs/acme.yaml", job(JOB));
      await attempt.drop();
    }
  });
});

test("paging by offset begins the stream anew, and says what it goes on from", async () => {
  let list: ReturnType<typeof byOffset.serve>;
  const stage = await openFaultStage({
    name: "five pages by offset",
    files: { "jobs/acme.yaml": JOB },
    serve(world) {
      list = byOffset.serve(world);
    },
    before: null,
    now(world) {
      world.users = crowd(50);
    },
  });
  const attempt = await stage.attempt();
  try {
    list!.fault(4, "503");
    expect(await attempt.run()).toMatchObject({ outcome: "upstream" });
    list!.heal();
    expect(await committed(attempt)).toBe(0);
    const { requests } = stage.world.upstream;
    const before = requests.length;
    expect(await attempt.run()).toMatchObject({
      outcome: "ok",
      notes: [
        expect.stringMatching(/^goes on from run \d+, which was interrupted after 2 orgs, 2 permissions and 2 roles$/),
      ],
    });
    // Pages that are asked for ahead may overtake each other.
    const asked = requests.slice(before).map(({ path, query }) => [path, query.get("offset")]);
    expect(asked.sort()).toEqual(["0", "10", "20", "30", "40"].map((offset) => ["/users", offset]));
    await attempt.settles();
  } finally {
    await attempt.drop();
    await stage.close();
  }
});
