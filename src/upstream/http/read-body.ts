import { pipeline, type Readable, type Transform } from "node:stream";
import { finished } from "node:stream/promises";
import { createBrotliDecompress, createUnzip } from "node:zlib";
import { Failure } from "../../domain/errors";
import { codeOf } from "./network-failure";
import { type AnswerHeaders, readHeader } from "./places";

const CHUNK = { chunkSize: 64 * 1024 };

/** `deflate` is zlib's format (RFC 9110), which unzip tells from gzip by its first byte. */
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createUnzip(CHUNK),
  "x-gzip": () => createUnzip(CHUNK),
  deflate: () => createUnzip(CHUNK),
  br: () => createBrotliDecompress(CHUNK),
};

export const ACCEPT_ENCODING = "gzip, deflate, br";

/** Room for a body whose length is not told, in bytes. */
const FIRST_ROOM = 64 * 1024;

/**
 * Reads a body whole, unpacked as it comes, and cuts it off beyond `limit` bytes (UPS012). Each piece is copied to its place at
 * once, while it is in the processor's cache.
 */
export const readBody = async (
  { body, headers }: { readonly body: Readable; readonly headers: AnswerHeaders },
  { limit, shown }: { readonly limit: number; readonly shown: string },
): Promise<Buffer> => {
  const encoding = readHeader(headers, "content-encoding")?.trim().toLowerCase() ?? "";
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (!decoder && encoding !== "" && encoding !== "identity") {
    body.on("error", ignore).destroy();
    throw new Failure("UPS013", `${shown} answered in a content encoding that was not asked for`, {
      fix: `the customer's system may use these alone: ${ACCEPT_ENCODING}`,
    });
  }

  const told = decoder ? 0 : Number(readHeader(headers, "content-length") ?? 0);
  let room: Buffer = Buffer.allocUnsafeSlow(Math.min(told || FIRST_ROOM, limit));
  let size = 0;
  const pieces = decoder ? pipeline(body, decoder(), ignore) : body;
  pieces.on("data", (piece: Buffer) => {
    const end = size + piece.length;
    if (end > limit) return void pieces.destroy(tooLarge(shown, limit));
    if (end > room.length) room = grown(room, Math.min(Math.max(end, 2 * room.length), limit));
    piece.copy(room, size);
    size = end;
  });
  try {
    await finished(pieces);
  } catch (error) {
    throw /^(Z_|ERR_BROTLI|ERR__ERROR_)/.test(codeOf(error) ?? "") ? damaged(shown) : error;
  }
  return room.subarray(0, size);
};

const grown = (full: Buffer, length: number): Buffer => {
  const room = Buffer.allocUnsafeSlow(length);
  full.copy(room);
  return room;
};

/** What breaks a stream reaches us where it is read. */
const ignore = (): void => {};

const tooLarge = (shown: string, limit: number): Failure =>
  new Failure(
    "UPS012",
    `${shown} answered with more than ${Math.floor(limit / 1024 / 1024)} MiB; the rest was cut off`,
    {
      fix: "ask for smaller pages with `page.size`",
    },
  );

const damaged = (shown: string): Failure =>
  new Failure("UPS011", `${shown} answered with a compressed body that is damaged`, { fix: "try again later" });
