import { pipeline, type Readable, type Transform } from "node:stream";
import { finished } from "node:stream/promises";
import { createBrotliDecompress, createUnzip, type Gunzip } from "node:zlib";
import { Failure } from "../../domain/errors";
import { Body } from "./body";
import { codeOf } from "./network-failure";
import { type AnswerHeaders, readHeader } from "./places";

const CHUNK = { chunkSize: 64 * 1024 };

/** `deflate` is zlib's format (RFC 9110), which unzip tells from gzip by its first byte. */
const DECODERS: Readonly<Record<string, () => Transform & Pick<Gunzip, "bytesWritten">>> = {
  gzip: () => createUnzip(CHUNK),
  "x-gzip": () => createUnzip(CHUNK),
  deflate: () => createUnzip(CHUNK),
  br: () => createBrotliDecompress(CHUNK),
};

export const ACCEPT_ENCODING = "gzip, deflate, br";

/** Pieces of fewer bytes are put together: what a piece costs in memory would be more than what it holds. */
const SMALL = 1024;

const MIB = 1024 * 1024;

/** Reads a body whole, unpacked as it comes, and cuts it off beyond `limit` bytes (UPS012). */
export const readBody = async (
  { body, headers }: { readonly body: Readable; readonly headers: AnswerHeaders },
  { limit, shown }: { readonly limit: number; readonly shown: string },
): Promise<Body> => {
  const encoding = readHeader(headers, "content-encoding")?.trim().toLowerCase() ?? "";
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (!decoder && encoding !== "" && encoding !== "identity") {
    body.on("error", ignore).destroy();
    throw new Failure("UPS013", `${shown} answered in a content encoding that was not asked for`, {
      fix: `the customer's system may use these alone: ${ACCEPT_ENCODING}`,
    });
  }

  const unpacking = decoder?.();
  const unpacked = unpacking ? pipeline(body, unpacking, ignore) : body;
  const pieces: Buffer[] = [];
  let small: Buffer[] = [];
  let size = 0;
  const putTogether = (): void => {
    if (small.length > 0) pieces.push(Buffer.concat(small));
    small = [];
  };
  unpacked.on("data", (piece: Buffer) => {
    size += piece.length;
    if (size > limit) return void unpacked.destroy(tooLarge(shown, limit));
    if (piece.length < SMALL) {
      small.push(piece);
      if (small.length === SMALL) putTogether();
    } else {
      putTogether();
      pieces.push(piece);
    }
  });
  try {
    await finished(unpacked);
  } catch (error) {
    // Some name an encoding where they send nothing, as with status 204.
    if (unpacking?.bytesWritten === 0 && codeOf(error) === "Z_BUF_ERROR") return new Body([]);
    throw /^(Z_|ERR_BROTLI|ERR__ERROR_)/.test(codeOf(error) ?? "") ? damaged(shown) : error;
  }
  putTogether();
  return new Body(pieces);
};

/** What breaks a stream reaches us where it is read. */
const ignore = (): void => {};

const tooLarge = (shown: string, limit: number): Failure =>
  new Failure(
    "UPS012",
    `${shown} answered with more than ${limit < MIB ? `${Math.floor(limit / 1024)} KiB` : `${Math.floor(limit / MIB)} MiB`}; the rest was cut off`,
    {
      fix: "ask for smaller pages with `page.size`",
    },
  );

const damaged = (shown: string): Failure =>
  new Failure("UPS011", `${shown} answered with a compressed body that is damaged`, { fix: "try again later" });
