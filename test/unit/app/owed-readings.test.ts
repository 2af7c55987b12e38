import { OwedReadings } from "../../../src/app/owed-readings";

let busy: Set<string>;
let read: string[];
let failed: string[];
let readings: OwedReadings;

beforeEach(() => {
  [busy, read, failed] = [new Set(), [], []];
  readings = new OwedReadings(
    async (source) => {
      if (source === "broken") throw new Error("no queue");
      if (busy.has(source)) return false;
      read.push(source);
      return true;
    },
    (source) => failed.push(source),
  );
});

test("a source that nobody works at is read at once, and once", async () => {
  await readings.owe("acme");
  await readings.round();
  expect(read).toEqual(["acme"]);
});

test("a source at which another run works is read when that has ended", async () => {
  busy.add("acme");
  await readings.owe("acme");
  await readings.owe("corp");
  await readings.round();
  expect(read).toEqual(["corp"]);
  busy.clear();
  await readings.round();
  await readings.round();
  expect(read).toEqual(["corp", "acme"]);
});

test("two who try at once read it once", async () => {
  busy.add("acme");
  await readings.owe("acme");
  busy.clear();
  await Promise.all([readings.round(), readings.round()]);
  expect(read).toEqual(["acme"]);
});

test("what cannot be read is told and given up", async () => {
  await readings.owe("broken");
  await readings.round();
  expect(failed).toEqual(["broken"]);
});
