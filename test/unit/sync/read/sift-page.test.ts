import { RECORDS_IN_CHUNK } from "../../../../src/domain/staging";
import { siftPage } from "../../../../src/sync/read/sift-page";
import { KnownRecords } from "../../../../src/sync/state/known-records";
import { parsedRecords } from "../../../../src/upstream/pages/parsed-records";

const pageOf = (...names: readonly string[]) =>
  parsedRecords(
    names.map((name) => ({ name })),
    [],
  );

/** The mirror holds these, with local ids from 0. */
const holding = (...names: readonly string[]): KnownRecords => {
  const packed = Buffer.alloc(RECORDS_IN_CHUNK * 16);
  pageOf(...names)
    .digests()
    .copy(packed);
  return new KnownRecords([{ chunk: 0, packed }]);
};

test("only what the mirror does not have is parsed", () => {
  const sifted = siftPage(pageOf("anna", "new", "bert", "newer"), holding("anna", "bert", "carl"), 1);
  expect(sifted).toMatchObject({ raw: [{ name: "new" }, { name: "newer" }], places: [1, 3], met: 2, repeated: 0 });
  expect(sifted.digests.map((digest) => digest?.length)).toEqual([16, 16]);
});

test("a record that came before is told with the page that it came on", () => {
  const known = holding("anna", "bert");
  siftPage(pageOf("anna", "anna"), known, 1);
  const again = siftPage(pageOf("bert", "anna"), known, 2);
  expect(again).toMatchObject({ met: 1, repeated: 1, repeatedAt: "record 2 of page 2 came on page 1 already" });
});

test("a record met before the interruption is told so", () => {
  const [before, after] = [holding("anna"), holding("anna")];
  siftPage(pageOf("anna"), before, 1);
  after.meetAgain(before.takeMet());
  expect(siftPage(pageOf("anna"), after, 1).repeatedAt).toBe(
    "record 1 of page 1 came on a page before the interruption already",
  );
});

test("where nothing is known everything is parsed, and no digest is made", () => {
  expect(siftPage(pageOf("anna"), null, 1)).toMatchObject({ raw: [{ name: "anna" }], digests: [null], met: 0 });
});
