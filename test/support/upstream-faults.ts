/** What can go wrong with one answer, by name. `on(path, FAULTS.html)` breaks a path; `list.fault(3, "html")` a page. */
import { gzipSync } from "node:zlib";
import type { Handler, Reply } from "./upstream-server";

const answers = (status: number, body?: unknown, headers?: Record<string, string>): Handler => {
  const reply: Reply = { status, ...(body === undefined ? {} : { body }), ...(headers ? { headers } : {}) };
  return () => reply;
};
const problem = (status: number): Handler => answers(status, { error: `status ${status}` });
const json = { "content-type": "application/json" };

/** Faults that need nothing of the list they strike; those that do are `repeat`, `loop`, `empty` and so on in `List`. */
export const FAULTS = {
  "204": answers(204),
  null: answers(200, "null"),
  "{}": answers(200, "{}"),
  "[]": answers(200, "[]"),
  "no body": answers(200),
  "no bytes": answers(200, "", json),
  "error object": answers(200, { error: "the directory is being rebuilt" }),
  html: answers(200, "<!doctype html><title>Maintenance</title>", { "content-type": "text/html; charset=utf-8" }),
  "html as json": answers(200, "<html><body>Sign in</body></html>", json),
  "invalid utf-8": answers(200, Buffer.from([0x5b, 0x22, 0xc3, 0x28, 0x22, 0x5d]), json),
  deep: answers(200, `${"[".repeat(200_000)}${"]".repeat(200_000)}`, json),
  "400": problem(400),
  "401": problem(401),
  "403": problem(403),
  "404": problem(404),
  "410": problem(410),
  "429": answers(429, { error: "slow down" }, { "retry-after": "0" }),
  "500": problem(500),
  "502": problem(502),
  "503": problem(503),
  redirect: answers(302, "", { location: "https://elsewhere.example/login?token=s3cr3t-value" }),
  /** 17 MiB of spaces: small on the wire, over the limit once unpacked. */
  "gzip bomb": () => ({
    headers: { ...json, "content-encoding": "gzip" },
    body: gzipSync(Buffer.alloc(17 << 20, " ")),
  }),
  "long headers": answers(200, "[]", { ...json, "x-trace": "t".repeat(17 << 10) }),
  /** The connection is cut before an answer. */
  reset: (_request, response) => void response.socket?.resetAndDestroy(),
  /** What a TLS server tells a client that speaks plain HTTP. */
  "not http": (_request, response) => void response.socket?.end("\x15\x03\x01\x00\x02\x02\x70"),
  /** A status that is none, which the parser lets through. */
  "status 099": (_request, response) => void response.socket?.end("HTTP/1.1 099 Odd\r\ncontent-length: 2\r\n\r\n[]"),
  /** An answer before the answer, which is allowed, and which the client cannot read. */
  "100 continue": (_request, response) => {
    response.writeContinue();
    return { body: "[]" };
  },
  /** The end of HTTP on this connection, which only who sends `Upgrade` may be given. */
  "101 upgrade": (_request, response) =>
    void response.socket?.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n"),
  /** No answer at all, until the other side gives up. */
  hang: () => {},
  /** Headers and the first bytes, then nothing. */
  stall: (_request, response) => {
    response.writeHead(200, json).write('{"items":[');
  },
  /** The connection is cut in the middle of the body. */
  cut: (_request, response) => {
    response.writeHead(200, { ...json, "content-length": "1000" });
    response.write('{"items":[', () => response.socket?.destroy());
  },
} satisfies Record<string, Handler>;

export type Fault = keyof typeof FAULTS;
