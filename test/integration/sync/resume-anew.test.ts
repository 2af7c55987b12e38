/** A run that cannot go on from where another was interrupted starts anew, and says why. */

import type { RunReport } from "../../../src/domain/runs";
import type { RunChoices } from "../../support/create-runner";
import { CURSOR_JOB, InterruptibleWorld } from "../../support/interruptible-world";
import { recordsOf, USERS, type World } from "../../support/world";

let world: World;
let paged: InterruptibleWorld;
beforeEach(async () => {
  paged = await InterruptibleWorld.start();
  world = paged.world;
});
afterEach(() => world.close());

describe("starts anew, and says why", () => {
  const startsAnew = async (because: string, choices: RunChoices = {}): Promise<void> => {
    const interrupted = await paged.interruptAt(4);
    return expectAnew(interrupted, because, choices);
  };
  const expectAnew = async (interrupted: RunReport, because: string, choices: RunChoices = {}): Promise<void> => {
    const resumed = world.upstream.requests.length;
    const report = await paged.sync(choices);
    expect(paged.pagesSince(resumed)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(report.notes[0]).toBe(`run ${interrupted.run} was interrupted${because}: starts anew`);
    expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, complete: true });
    if (Object.keys(choices).length === 0) await paged.nothingIsLeftToDo();
  };

  test("when it is asked for something else", async () => {
    await startsAnew(", but was asked for something else", { only: ["users"] });
  });

  test("when it was to apply and now only plans", () =>
    startsAnew(", but was asked for something else", { mode: "plan" }));

  test("when a mapping was edited since", async () => {
    const interrupted = await paged.interruptAt(4);
    await world.write("mappings/acme/users.yaml", USERS.replace("display_name: name", "display_name: login"));
    await expectAnew(interrupted, ", but its job or mappings were edited since");
    expect(await world.sql("select display_name from mirror.users where key = 'u1'")).toEqual([
      { display_name: "user1" },
    ]);
  });

  test("when the paging was edited since", async () => {
    const interrupted = await paged.interruptAt(4);
    await world.write(
      "jobs/acme.yaml",
      CURSOR_JOB.replace("size: limit=10, total: total }\n    deletes", "size: limit=20, total: total }\n    deletes"),
    );
    await expectAnew(interrupted, ", but its job or mappings were edited since");
  });

  test("after an hour", async () => {
    const interrupted = await paged.interruptAt(4);
    await world.sql("update sync.checkpoints set at = at - interval '61 minutes'");
    await expectAnew(interrupted, " more than an hour ago");
  });

  test("when another run wrote to the mirror in between", async () => {
    await paged.sync();
    const interrupted = await paged.interruptAt(4);
    world.users[0]!.name = "Ann";
    await world.sync({ user: "u1" });
    await expectAnew(interrupted, ", but another run has written to the mirror since");
  });

  test("when the stage was made by another version", async () => {
    const interrupted = await paged.interruptAt(4);
    const [stage] = await world.sql<{ name: string }>(
      "select nspname as name from pg_namespace where nspname like 'stage%'",
    );
    await world.sql(`comment on schema ${stage?.name} is 'older'; drop table ${stage?.name}.stage_skips`);
    await expectAnew(interrupted, ", but what it had read is gone from the database");
  });

  test("when the stage is not what it was, as after a crash of the database", async () => {
    const interrupted = await paged.interruptAt(4);
    const [stage] = await world.sql<{ name: string }>(
      "select nspname as name from pg_namespace where nspname like 'stage%'",
    );
    await world.sql(`truncate ${stage?.name}.stage_users`);
    await expectAnew(interrupted, ", but what it had read is gone from the database");
  });
});

test("after a run that failed, and after an incomplete one, nobody goes on", async () => {
  await paged.interruptAt(4);
  await world.sql("update sync.runs set outcome = 'failed' where outcome = 'interrupted'");
  let start = world.upstream.requests.length;
  paged.list.fault(6, "missing");
  expect(await paged.sync()).toMatchObject({ outcome: "incomplete", notes: [] });
  expect(paged.pagesSince(start)[0]).toBe(1);
  paged.list.heal();
  start = world.upstream.requests.length;
  expect(await paged.sync()).toMatchObject({ outcome: "ok", notes: [] });
  expect(paged.pagesSince(start)[0]).toBe(1);
});
