import type { Session } from "../../../../src/domain/sessions";
import { judgeHandle, makeHandle, readHandle, successorOf } from "../../../../src/login/tokens/refresh-handle";

const SECRET = new Uint8Array(32).fill(7);
const first = makeHandle();
const second = successorOf(first, SECRET);
const third = successorOf(second, SECRET);
const NOW = Date.parse("2026-11-27T12:00:00Z");

const session = (own: Partial<Session>): Session => ({
  id: "s",
  source: "acme",
  key: "u1",
  basis: "live",
  asOf: "2026-11-27T11:00:00Z",
  callerName: "portal",
  handle: second.hash,
  previous: first.hash,
  mayHold: true,
  now: NOW,
  signedInAt: NOW - 3_600_000,
  renewedAt: NOW - 60_000,
  expiresAt: NOW + 3_600_000,
  ...own,
});

test("a handle is read as it was written, and nothing else is one", () => {
  expect(readHandle(first.text)).toEqual(first);
  expect(first.text).toMatch(/^[A-Za-z0-9_-]{64}$/);
  const foreign = [
    "",
    "a.b.c",
    `${first.text}A`,
    first.text.slice(1),
    `${first.text}=`,
    first.text.replace(/.$/, "!"),
    "é".repeat(64),
  ];
  for (const text of foreign) expect(readHandle(text)).toBeNull();
});

test("all of a family share what names it, and differ in the rest", () => {
  expect([second, third].map(({ family }) => family.equals(first.family))).toEqual([true, true]);
  expect(new Set([first, second, third].map(({ text }) => text)).size).toBe(3);
  expect(successorOf(first, new Uint8Array(32)).text).not.toBe(second.text);
});

describe("what becomes of a session", () => {
  test.each<[string, Partial<Session>, typeof first, string, boolean]>([
    ["the handle that is good is renewed", {}, second, "renew", true],
    ["the one before it, right after, is answered again", { renewedAt: NOW - 10_000 }, first, "keep", true],
    ["the one before it, later, is a copy", { renewedAt: NOW - 10_001 }, first, "end", false],
    [
      "one long used is a copy, also right after",
      { handle: third.hash, previous: second.hash, renewedAt: NOW },
      first,
      "end",
      false,
    ],
    ["one that never was, of this family, is a copy", {}, successorOf(third, SECRET), "end", false],
    ["the first, before any renewal", { handle: first.hash, previous: null }, first, "renew", true],
    ["over", { expiresAt: NOW }, second, "end", false],
    ["not over yet", { expiresAt: NOW + 1 }, second, "renew", true],
    ["somebody who may not sign in any more", { mayHold: false }, second, "end", false],
    ["a clock that was set back a little", { renewedAt: NOW + 60_000 }, second, "renew", true],
    ["a clock that was set back gives nothing", { renewedAt: NOW + 60_001 }, second, "keep", false],
  ])("%s", (_what, own, presented, verdict, given) => {
    const successor = successorOf(presented, SECRET);
    expect(judgeHandle(session(own), presented, [SECRET])).toMatchObject({
      verdict,
      given: given ? successor : null,
    });
  });

  test("what a renewal keeps is the successor's hash", () => {
    expect(judgeHandle(session({}), second, [SECRET])).toEqual({ verdict: "renew", handle: third.hash, given: third });
  });

  describe("with a secret that took the place of another", () => {
    const ours = new Uint8Array(32).fill(8);
    const secrets = [ours, SECRET] as const;
    const rightAfter = session({ renewedAt: NOW - 10_000 });

    test("an answer that was given with the one before is given again", () => {
      expect(judgeHandle(rightAfter, first, secrets)).toEqual({ verdict: "keep", given: second });
    });

    test("a copy is one all the same, later and of what neither made", () => {
      const later = session({ renewedAt: NOW - 10_001 });
      expect(judgeHandle(later, first, secrets)).toEqual({ verdict: "end", given: null });
      const another = session({ renewedAt: NOW, handle: successorOf(first, new Uint8Array(32)).hash });
      expect(judgeHandle(another, first, secrets)).toEqual({ verdict: "end", given: null });
    });

    test("what is renewed follows from the one in use", () => {
      const given = successorOf(second, ours);
      expect(judgeHandle(rightAfter, second, secrets)).toEqual({
        verdict: "renew",
        handle: given.hash,
        given,
      });
    });
  });
});
