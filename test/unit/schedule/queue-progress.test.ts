import type { RunEvent } from "../../../src/domain/run-events";
import { batchProgress } from "../../../src/schedule/batch-progress";
import type { RunProgress } from "../../../src/schedule/queue-store";
import { readProgress } from "../../../src/schedule/read-progress";

const eventOf = (pages: number): RunEvent => ({
  type: "progress",
  stream: "users",
  fetched: pages,
  expected: null,
  pages,
});
const told = Array.from({ length: 40 }, (_, index) => eventOf(index));

/** Tells events as a run does, over a way that may lose batches; gives what was written. */
async function tellOver(isLost: (batch: number) => boolean): Promise<RunProgress[]> {
  const written: RunProgress[] = [];
  let batches = 0;
  const { tell, flush } = batchProgress(async (progress) => {
    batches += 1;
    await new Promise(setImmediate);
    if (isLost(batches)) throw new Error("lost on the way");
    written.push(progress);
  }, 0);
  for (const [index, event] of told.entries()) {
    tell(event);
    if (index % 7 === 0) await new Promise(setImmediate);
  }
  await flush();
  return written;
}

function heardFrom(written: readonly unknown[]): RunEvent[] {
  const heard: RunEvent[] = [];
  written.forEach(readProgress((event) => heard.push(event)));
  return heard;
}

test("every event arrives once and in order", async () => {
  const written = await tellOver(() => false);
  expect(written.length).toBeGreaterThan(3);
  expect(heardFrom(written)).toEqual(told);
});

test("a batch that is lost, or heard of late or twice, is missed by nobody", async () => {
  expect(heardFrom(await tellOver((batch) => batch === 2 || batch === 4))).toEqual(told);
  const written = await tellOver(() => false);
  expect(heardFrom(written.flatMap((progress, index) => [progress, written[index - 1]]))).toEqual(told);
});

test("a slow way makes larger batches, and nobody waits for it", async () => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const sizes: number[] = [];
  const { tell, flush } = batchProgress(async ({ events }) => {
    sizes.push(events.length);
    await opened;
  });
  for (const event of told) tell(event);
  open();
  await flush();
  // The second comes with the first again.
  expect(sizes).toEqual([1, 40]);
});

test("events that come fast wait for one another, and nobody waits for them at the end", async () => {
  const sizes: number[] = [];
  const { tell, flush } = batchProgress(async ({ events }) => void sizes.push(events.length), 3_600_000);
  for (const event of told) {
    tell(event);
    await new Promise(setImmediate);
  }
  await flush();
  expect(sizes).toEqual([1, 40]);
});

test("what is no progress of a run is passed over", () => {
  const strange = [0, null, undefined, 50, "half", [], {}, { from: "0", events: [] }, { from: 0, events: 3 }];
  expect(heardFrom(strange)).toEqual([]);
});
