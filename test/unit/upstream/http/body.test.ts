import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { Body, withoutMark } from "../../../../src/upstream/http/body";
import { readBody } from "../../../../src/upstream/http/read-body";
import { holds } from "../../../support/holds";

const pieces = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));

describe("a body in pieces", () => {
  test("is, whole and in part, what one piece would be", () => {
    holds(
      fc.property(pieces, fc.nat(400), fc.nat(400), (several, one, another) => {
        const bytes = Buffer.concat(several);
        const [begin, end] = [Math.min(one, another), Math.max(one, another)];
        const body = new Body(several);
        expect(body.length).toBe(bytes.length);
        expect([body.part(begin, end), body.part(begin), Buffer.concat(body.pieces)]).toEqual([
          bytes.subarray(begin, end),
          bytes.subarray(begin),
          bytes,
        ]);
        expect([body.whole(), body.part(begin, end)]).toEqual([bytes, bytes.subarray(begin, end)]);
      }),
    );
  });

  test("loses a byte order mark, however it is cut", () => {
    const marked = Buffer.from("\ufeff{}");
    for (const cut of [0, 1, 2, 3, 4])
      expect(
        withoutMark(new Body([marked.subarray(0, cut), marked.subarray(cut)]))
          .whole()
          .toString(),
      ).toBe("{}");
    expect(
      withoutMark(new Body([Buffer.from("{}")]))
        .whole()
        .toString(),
    ).toBe("{}");
  });
});

describe("reading a body", () => {
  const read = (body: Readable, headers = {}, limit = 1e6) => readBody({ body, headers }, { limit, shown: "/users" });

  test("gives every byte in its order, and pieces of a few bytes put together", async () => {
    const sizes = [3000, 1, 2, 1024, ...Array.from({ length: 5000 }, () => 1), 1023, 64 * 1024];
    const sent = sizes.map((size, index) => Buffer.alloc(size, index));
    const body = await read(Readable.from(sent));
    expect(body.pieces.length).toBeLessThan(12);
    expect(body.whole().equals(Buffer.concat(sent))).toBe(true);
  });

  test.each(["gzip", "deflate", "br"])(
    "takes nothing at all for nothing, also where it is called %s",
    async (encoding) => {
      expect((await read(Readable.from([]), { "content-encoding": encoding })).length).toBe(0);
      const cut = gzipSync("users").subarray(0, 3);
      await expect(read(Readable.from([cut]), { "content-encoding": encoding })).rejects.toMatchObject({
        code: "UPS011",
      });
    },
  );

  test("unpacks it, and cuts off what is too large when unpacked", async () => {
    const bytes = Buffer.alloc(300_000, "user ");
    const headers = { "content-encoding": "gzip" };
    const packed = () => Readable.from([gzipSync(bytes)]);
    expect((await read(packed(), headers)).whole().equals(bytes)).toBe(true);
    await expect(read(packed(), headers, 299_999)).rejects.toMatchObject({ code: "UPS012" });
  });
});
