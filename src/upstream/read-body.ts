import { pipeline, type Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createUnzip } from "node:zlib";
import { Failure } from "../domain/errors";
import { codeOf } from "./network-failure";

const CHUNK = { chunkSize: 64 * 1024 };

/** `deflate` is zlib's format (RFC 9110), which unzip tells from gzip by its first byte. */
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createUnzip(CHUNK),
  "x-gzip": () => createUnzip(CHUNK),
  deflate: () => createUnzip(CHUNK),
  br: () => createBrotliDecompress(CHUNK),
};

export const ACCEPT_ENCODING = "gzip, deflate, br";

/** Reads a body whole, unpacked as it comes, and cuts it off beyond `limit` bytes (UPS012). */
export const readBody = async (
  body: Readable,
  encoding: string | undefined,
  { limit, shown }: { readonly limit: number; readonly shown: string },
): Promise<Buffer> => {
  const name = encoding?.trim().toLowerCase() ?? "";
  const decoder = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (!decoder && name !== "" && name !== "identity") {
    body.on("error", ignore).destroy();
    throw new Failure("UPS013", `${shown} answered in a content encoding that was not asked for`, {
      fix: `the customer's system may use these alone: ${ACCEPT_ENCODING}`,
    });
  }

  const chunks: Buffer[] = [];
  let size = 0;
  try {
    const pieces: AsyncIterable<Buffer> = decoder ? pipeline(body, decoder(), ignore) : body;
    for await (const chunk of pieces) {
      size += chunk.length;
      if (size > limit) throw tooLarge(shown, limit);
      chunks.push(chunk);
    }
  } catch (error) {
    throw /^(Z_|ERR_BROTLI|ERR__ERROR_)/.test(codeOf(error) ?? "") ? damaged(shown) : error;
  }
  const [only] = chunks;
  return only && chunks.length === 1 ? only : Buffer.concat(chunks, size);
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
