import fc from "fast-check";
import { RECORDS_IN_CHUNK } from "../../../../src/domain/staging";
import { KnownRecords, MET_EARLIER, NOT_MET, wordsOf } from "../../../../src/sync/state/known-records";
import { holds } from "../../../support/holds";

/** Sixteen bytes as text, different for every number from 1. */
const digestOf = (number: number): string => {
  const bytes = Buffer.alloc(16);
  // Most of the bytes alike, so that records meet in the table.
  bytes.writeUInt32LE((number % 7) + 1, 0);
  bytes.writeUInt32BE(number, 8);
  return bytes.toString("latin1");
};

const meet = (known: KnownRecords, number: number, page: number): number | null => {
  const at = known.find(wordsOf(Buffer.from(digestOf(number), "latin1")), 0);
  return at < 0 ? null : known.meet(at, page);
};

/** Chunks that hold the digests of these local ids; a digest's number is its id plus one. */
function chunksOf(ids: readonly number[]) {
  const chunks = new Map<number, Buffer>();
  for (const id of ids) {
    const chunk = Math.floor(id / RECORDS_IN_CHUNK);
    const packed = chunks.get(chunk) ?? Buffer.alloc(RECORDS_IN_CHUNK * 16);
    chunks.set(chunk, packed);
    packed.write(digestOf(id + 1), (id % RECORDS_IN_CHUNK) * 16, "latin1");
  }
  return [...chunks].map(([chunk, packed]) => ({ chunk, packed }));
}

const idsOf = (chunks: ReturnType<KnownRecords["takeMet"]>): readonly number[] =>
  chunks.flatMap(({ chunk, met }) =>
    Array.from({ length: RECORDS_IN_CHUNK }, (_, slot) => slot)
      .filter((slot) => ((met[slot >> 3] ?? 0) >> (slot & 7)) & 1)
      .map((slot) => chunk * RECORDS_IN_CHUNK + slot),
  );

test("a record is met once, folded on its page and met again on another", () => {
  const known = new KnownRecords(chunksOf([5, 1023, 1024, 900_000]));
  expect(known.size).toBe(4);
  expect(meet(known, 6, 1)).toBe(NOT_MET);
  expect(meet(known, 6, 1)).toBe(1);
  expect(meet(known, 6, 2)).toBe(1);
  expect(meet(known, 7, 2)).toBeNull();
  expect(meet(known, 900_001, 3)).toBe(NOT_MET);
  expect([known.met, known.pageOf(5), known.pageOf(900_000), known.pageOf(1024), known.pageOf(77)]).toEqual([
    2,
    2,
    3,
    null,
    null,
  ]);
  expect(known.unmet()).toEqual([1023, 1024]);
  expect(known.unmet(true)).toEqual(expect.arrayContaining([1022, 1023, 1024, 1025]));
  known.unmeet(5);
  known.unmeet(5);
  known.unmeet(4_000_000);
  expect([known.met, known.pageOf(5)]).toEqual([1, null]);
  expect(idsOf(known.takeMet())).toEqual([900_000]);
  expect(known.takeMet()).toEqual([]);
  meet(known, 1025, 4);
  expect(idsOf(known.takeMet())).toEqual([1024]);
});

test("digests are found wherever in memory they stand", () => {
  const known = new KnownRecords(chunksOf([3]));
  const apart = Buffer.alloc(64);
  apart.write(digestOf(9) + digestOf(4), 5, "latin1");
  expect(known.meet(known.find(wordsOf(apart.subarray(5, 37)), 1), 1)).toBe(NOT_MET);
});

test("without any digest nothing is known", () => {
  const nobody = new KnownRecords([]);
  expect([nobody.size, meet(nobody, 1, 1), nobody.takeMet()]).toEqual([0, null, []]);
  const empty = new KnownRecords([{ chunk: 3, packed: Buffer.alloc(RECORDS_IN_CHUNK * 16) }]);
  expect(empty.find(new Uint32Array(4), 0)).toBeLessThan(0);
});

test("any records are found by their digests alone, and what was met survives an interruption", () => {
  const ids = fc.uniqueArray(fc.integer({ min: 0, max: 5_000 }), { maxLength: 300 });
  holds(
    fc.property(ids, ids, (held, asked) => {
      const known = new KnownRecords(chunksOf(held));
      const there = new Set(held);
      for (const id of asked) expect(meet(known, id + 1, 1)).toBe(there.has(id) ? NOT_MET : null);
      const met = asked.filter((id) => there.has(id)).sort((a, b) => a - b);
      expect(known.met).toBe(met.length);
      const told = known.takeMet();
      expect([...idsOf(told)].sort((a, b) => a - b)).toEqual(met);

      const resumed = new KnownRecords(chunksOf(held));
      resumed.meetAgain(told);
      expect(resumed.met).toBe(met.length);
      for (const id of met) expect([resumed.pageOf(id), meet(resumed, id + 1, 1)]).toEqual([0, MET_EARLIER]);
    }),
  );
});
