import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { HandleVerdict, Session } from "../../domain/sessions";
import { hashOf } from "./secrets";

/**
 * A refresh handle: 16 bytes that name its family and stay, then 32 that change with every renewal, in base64url.
 * The successor follows from the handle and a secret, so that a renewal whose answer was lost can be answered again.
 */
const FAMILY = 16;
const WHOLE = FAMILY + 32;

export interface Handle {
  readonly text: string;
  /** As they are kept. */
  readonly hash: Buffer;
  readonly family: Buffer;
}

export const makeHandle = (): Handle => handleOf(randomBytes(WHOLE));

/** Null for what is no handle. */
export function readHandle(text: string): Handle | null {
  const bytes = Buffer.from(text, "base64url");
  return bytes.length === WHOLE && bytes.toString("base64url") === text ? handleOf(bytes) : null;
}

export function successorOf({ text }: Handle, secret: Uint8Array): Handle {
  const bytes = Buffer.from(text, "base64url");
  return handleOf(Buffer.concat([bytes.subarray(0, FAMILY), createHmac("sha256", secret).update(bytes).digest()]));
}

const handleOf = (bytes: Buffer): Handle => {
  const text = bytes.toString("base64url");
  return { text, hash: hashOf(text), family: hashOf(bytes.subarray(0, FAMILY).toString("base64url")) };
};

/** How long, in milliseconds, the answer to a renewal may be asked for again. */
const LOST_ANSWER = 10_000;
/** Clocks that differ by more than this, in milliseconds, are not believed. */
export const SKEW = 60_000;

/**
 * What becomes of a session whose family's handle was brought, and the successor that the bringer is given. Only holders
 * know a family, so that one who brings a handle long used holds a copy: the session ends for both.
 *
 * @param secrets the one in use, which the next handle follows from, then those from before it: an answer that was given with
 * one of them is given again
 */
export function judgeHandle(
  session: Session,
  presented: Handle,
  secrets: readonly [Uint8Array, ...Uint8Array[]],
): HandleVerdict & { readonly given: Handle | null } {
  const { now, renewedAt, expiresAt, handle, previous, mayHold } = session;
  // A clock that was set back must not lengthen anything.
  if (now + SKEW < renewedAt) return { verdict: "keep", given: null };
  if (now >= expiresAt || !mayHold) return { verdict: "end", given: null };
  const next = successorOf(presented, secrets[0]);
  if (timingSafeEqual(handle, presented.hash)) return { verdict: "renew", handle: next.hash, given: next };
  const isRepeat = previous !== null && timingSafeEqual(previous, presented.hash) && now - renewedAt <= LOST_ANSWER;
  const known = isRepeat ? secrets.map((secret) => successorOf(presented, secret)) : [];
  const answer = known.find(({ hash }) => timingSafeEqual(handle, hash));
  return answer === undefined ? { verdict: "end", given: null } : { verdict: "keep", given: answer };
}
