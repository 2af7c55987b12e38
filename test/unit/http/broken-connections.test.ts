/** Connections on which something comes that is not HTTP, or too late, while answers are under way: each request has one, its own. */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Identity } from "../../../src/domain/login";
import { type ApiServer, houseOf, KEY, SUBJECT, startApi } from "../../support/api-server";

/** Those who are looked at, by key, and what lets their answers go. */
const looking = new Map<string, () => void>();
let onLook: () => void = () => undefined;
let api: ApiServer;
beforeAll(async () => {
  const identity = async (_source: string, key: string): Promise<Identity> => {
    if (key.startsWith("slow"))
      await new Promise<void>((resolve) => {
        looking.set(key, resolve);
        onLook();
      });
    return { ...SUBJECT, key, status: "active", asOf: "2026-11-27T00:00:00.000Z" };
  };
  api = await startApi(async () => houseOf({ identity }), { arrival: 400 });
});
afterAll(() => api.close());

const ABOUT = "Host: a\r\n";
const get = (key: string): string =>
  `GET /v1/identities/acme/${key} HTTP/1.1\r\n${ABOUT}Authorization: Bearer ${KEY}\r\n\r\n`;
/** A request whose body of 50 bytes never comes to its end. */
const begun = (line: string, key?: string): string =>
  `${line} HTTP/1.1\r\n${ABOUT}${key === undefined ? "" : `Authorization: Bearer ${key}\r\n`}Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{`;

/** What is answered until the connection ends: each status and who it is about. `slow` lists who is waited for before an answer goes. */
async function answersTo(text: string, { slow = [], letGo = slow }: { slow?: string[]; letGo?: string[] } = {}) {
  const { hostname, port } = new URL(api.url);
  const socket = connect({ host: hostname, port: Number(port) });
  let received = "";
  socket
    .on("error", () => undefined)
    .on("data", (data: Buffer) => {
      received += data.toString();
    });
  const closed = once(socket, "close");
  const looked = new Promise<void>((resolve) => {
    onLook = () => slow.every((key) => looking.has(key)) && resolve();
    if (slow.length === 0) resolve();
  });
  socket.write(text);
  await looked;
  // Longer than a request may take to arrive.
  if (slow.length > 0) await delay(700);
  const early = received;
  for (const key of letGo) looking.get(key)?.();
  await closed;
  looking.clear();
  const told = received
    .split(/(?=HTTP\/1\.1 \d)/)
    .filter((one) => one !== "")
    .map((one) => {
      const [, status] = /^HTTP\/1\.1 (\d+)/.exec(one) ?? [];
      const [, key] = /"key":"([^"]+)","id"/.exec(one) ?? [];
      const closes = /\r\nconnection: close\r\n/i.test(one);
      return [status, key, closes ? "and closes" : undefined].filter((part) => part !== undefined).join(" ");
    });
  return { early, told };
}

describe("what is not HTTP", () => {
  test.each([
    [
      "behind a request under way: that is answered, and no other",
      `${get("slow1")}\0garbage\r\n\r\n`,
      ["slow1"],
      ["200 slow1 and closes"],
    ],
    [
      "behind two of them",
      `${get("slow1")}${get("slow2")}\0\r\n\r\n`,
      ["slow1", "slow2"],
      ["200 slow1", "200 slow2 and closes"],
    ],
    [
      "behind one that waits, and one that is answered at once",
      `${get("slow1")}${get("u2")}\0\r\n\r\n`,
      ["slow1"],
      ["200 slow1", "200 u2 and closes"],
    ],
    [
      "more and more of it",
      `${get("slow1")}\0\r\n\r\n${"\0\r\n\r\n".repeat(100)}`,
      ["slow1"],
      ["200 slow1 and closes"],
    ],
    ["headers that never end", `${get("slow1")}GET /healthz HTTP/1.1\r\nHo`, ["slow1"], ["200 slow1 and closes"]],
    [
      "in the body of a request behind one under way: an answer each",
      `${get("slow1")}${begun("POST /v1/login", KEY).replace("Content-Length: 50", "Transfer-Encoding: chunked")}`,
      ["slow1"],
      ["200 slow1", "400 and closes"],
    ],
    [
      "a body that never ends, behind one under way",
      `${get("slow1")}${begun("POST /v1/login", KEY)}`,
      ["slow1"],
      ["200 slow1", "408 and closes"],
    ],
    [
      "one that was answered before its body came, behind one under way",
      `${get("slow1")}${begun("POST /v1/login")}`,
      ["slow1"],
      ["200 slow1", "401"],
    ],
    [
      "a tunnel behind one under way",
      `${get("slow1")}CONNECT a.example:443 HTTP/1.1\r\n${ABOUT}\r\n`,
      ["slow1"],
      ["200 slow1", "405 and closes"],
    ],
  ])("%s", async (_what, text, slow, told) => {
    const all = await answersTo(text, { slow });
    expect(all).toEqual({ early: "", told });
  });

  test("alone, and behind what was answered: it is told", async () => {
    expect((await answersTo("\0\r\n\r\n")).told).toEqual(["400 and closes"]);
    const { hostname, port } = new URL(api.url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.write(get("u1"));
    const [first] = await once(socket, "data");
    socket.write("\0\r\n\r\n");
    const [second] = await once(socket, "data");
    expect([String(first).slice(9, 12), String(second).slice(9, 12)]).toEqual(["200", "400"]);
    await once(socket, "close");
  });

  test("a body that never ends, of a request that nothing answered: it is told", async () => {
    expect((await answersTo(begun("POST /v1/login", KEY))).told).toEqual(["408 and closes"]);
  });

  test.each([
    ["no key", "POST /v1/login", "401"],
    ["an unknown address", "POST /nope", "404"],
    ["another method", "PUT /v1/login", "405"],
  ])("a body that never ends, of a request that was answered before it came: %s", async (_what, line, status) => {
    expect((await answersTo(begun(line))).told).toEqual([status]);
  });
});
