/**
 * G6, around the queue: whoever puts, takes, follows or finishes a job is killed with SIGKILL after any of its words to the
 * queue, and the work is done all the same, once. The real commands, on both backends.
 *
 *     npx jest g06-killed-around                           one role on one backend, after one word, at random
 *     UNDERSTUDY_KILL_AT=37 npx jest g06-killed-around     after that word alone
 *     npm run faults -- g06-killed-around                  after every word, until none is left
 */
import { backends, type CommandStage, openCommandStage, type Scene, SYNC } from "../support/command-stage";
import { differences } from "../support/dump-database";
import { eventually } from "../support/eventually";
import { FEW_CHANGES } from "../support/fault-scenarios";
import { chosen, tryEveryStep } from "../support/steps";

const [WORKER, UP] = [["worker"], ["up", "--port", "0"]];
const SLOT = "insert into sync.slots (source, slot, state) values ('acme', date_trunc('second', now()), 'due')";

/** Each does what a source needs once, as far as its processes come. */
const ROLES: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  async "a command that works its run itself"({ startStruck }) {
    await startStruck(SYNC).exited;
  },
  async "a command that leaves its run to a worker"({ start, startStruck }) {
    await start(WORKER).says("ready");
    await startStruck(SYNC).exited;
  },
  async "the worker of a command"({ start, startStruck }) {
    const worker = startStruck(WORKER);
    await worker.says("ready").catch(() => undefined);
    await start(SYNC).exited;
    await worker.end("SIGTERM");
  },
  async "the worker of a slot"({ sql, start, startStruck }) {
    await sql(SLOT);
    const isDone = () => sql("select from sync.slots where state = 'done'");
    const first = startStruck(UP);
    await Promise.race([first.exited, eventually(isDone, (rows) => rows.length > 0)]);
    await first.end("SIGTERM");
    const second = start(UP);
    await eventually(isDone, (rows) => rows.length > 0);
    await second.end("SIGTERM");
  },
};

describe.each(backends())("with the queue on %s", (backend) => {
  let stage: CommandStage | null = null;
  beforeAll(async () => {
    stage = await openCommandStage(FEW_CHANGES, backend);
  });
  afterAll(() => stage?.close());

  test.each(chosen(Object.entries(ROLES), 1))(
    "%s",
    async (name, play) => {
      const theatre = stage;
      if (theatre === null) return;
      const undisturbed = await theatre.perform(play, null, "queue");
      const campaign = { file: "g06-killed-around", test: `${backend} ${name}`, sent: undisturbed.sent };
      await tryEveryStep(campaign, async (at) => {
        const { struck, exitCode, dump } = await theatre.perform(play, { at, signal: "SIGKILL" }, "queue");
        expect([exitCode, ...differences(undisturbed.dump, dump)]).toEqual([undisturbed.exitCode]);
        return struck;
      });
    },
    7_200_000,
  );
});
