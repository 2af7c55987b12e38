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
 * What becomes of a session whose family's handle was brought, and whether the bringer is given the successor. Only holders
 * know a family, so that one who brings a handle long used holds a copy: the session ends for both.
 */
export function judgeHandle(
  session: Session,
  presented: Handle,
  successor: Handle,
): HandleVerdict & { readonly given: boolean } {
  const { now, renewedAt, expiresAt, handle, previous, mayHold } = session;
  // A clock that was set back must not lengthen anything.
  if (now + SKEW < renewedAt) return { verdict: "keep", given: false };
  if (now >= expiresAt || !mayHold) return { verdict: "end", given: false };
  if (timingSafeEqual(handle, presented.hash)) return { verdict: "renew", handle: successor.hash, given: true };
  const isRepeat =
    previous !== null &&
    timingSafeEqual(previous, presented.hash) &&
    timingSafeEqual(handle, successor.hash) &&
    now - renewedAt <= LOST_ANSWER;
  return isRepeat ? { verdict: "keep", given: true } : { verdict: "end", given: false };
}
