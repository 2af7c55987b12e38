import { randomUUID } from "node:crypto";
import type { Caller, Introspection, SignedIn, Tokens } from "../../domain/api";
import type { Subject } from "../../domain/login";
import type { NewSession, Session } from "../../domain/sessions";
import { signToken, TOKEN_LIFETIME, verifyToken } from "./access-token";
import type { KeyRing } from "./key-ring";
import type { SessionPort } from "./ports";
import { type Handle, judgeHandle, makeHandle, readHandle, SKEW } from "./refresh-handle";

export interface SessionServices {
  readonly store: SessionPort;
  readonly ring: KeyRing;
  /** Who somebody is at this moment; null when they may not sign in. */
  readonly subject: (signedIn: SignedIn) => Promise<Subject | null>;
  /** Not in the database. The one in use derives the next handle from the last; what those from before it derived is told again. */
  readonly secrets: readonly [Uint8Array, ...Uint8Array[]];
  /** `iss` of tokens. */
  readonly issuer: string;
  /** Seconds from the login to the end of its session. */
  readonly lifetime: number;
  readonly clock: () => number;
}

export interface Sessions {
  /** Null when the person may not have one any more. */
  open(
    who: SignedIn & Pick<NewSession, "passwordChangedAt"> & { readonly id: string },
    caller: Caller,
  ): Promise<Tokens | null>;
  /** Null for a handle that is none, over, of another's sources, or was used before; the last also ends the session. */
  renew(handle: string, caller: Caller): Promise<Tokens | null>;
  /** By a token, or by any handle it ever had. @returns whether there was a session to end */
  end(token: string, caller: Caller): Promise<boolean>;
  /** Of a token or a handle, as it is at this moment: ended sessions and people who may not sign in any more are inactive. */
  introspect(token: string, caller: Caller): Promise<Introspection>;
}

/** Sessions and their tokens. A handle or token is never believed alone: its session must be there, and its person active. */
export function createSessions(services: SessionServices): Sessions {
  const { store, ring, subject, secrets, issuer, lifetime, clock } = services;

  async function tokensOf(session: Session, id: string, handle: Handle): Promise<Tokens> {
    const { source: aud, key, basis, asOf, callerName: client_id, id: sid } = session;
    const accessToken = await signToken({ aud, sub: id, key, client_id, sid, basis, asOf }, issuer, ring, clock);
    const left = Math.max(0, Math.round((session.expiresAt - session.now) / 1000));
    return {
      tokenType: "Bearer",
      accessToken,
      expiresIn: TOKEN_LIFETIME,
      refreshToken: handle.text,
      refreshExpiresIn: left,
    };
  }

  /** The session of a token or a handle that is good, if the caller may know of it. */
  async function find(
    token: string,
    caller: Caller,
    mayBeOver = false,
  ): Promise<{ session: Session; iat: number; exp: number; type: TokenType } | null> {
    const handle = readHandle(token);
    if (handle === null) {
      const claims = await verifyToken(token, { issuer, sources: caller.sources, ring, clock, mayBeOver });
      if (claims === null) return null;
      const session = await store.find({ id: claims.sid });
      return session?.source === claims.aud
        ? { session, iat: claims.iat, exp: claims.exp, type: "access_token" }
        : null;
    }
    const session = await store.find({ family: handle.family });
    if (session === null || !caller.sources.includes(session.source) || !session.handle.equals(handle.hash))
      return null;
    const [iat, exp] = [session.renewedAt, session.expiresAt].map((at) => Math.floor(at / 1000)) as [number, number];
    return { session, iat, exp, type: "refresh_token" };
  }

  return {
    async open({ id, ...who }, caller) {
      const handle = makeHandle();
      const { family, hash } = handle;
      const session = await store.open({ ...who, id: randomUUID(), family, handle: hash, caller, lifetime });
      return session === null ? null : tokensOf(session, id, handle);
    },

    async renew(text, caller) {
      const handle = readHandle(text);
      if (handle === null) return null;
      const found = await store.find({ family: handle.family });
      // Before it is judged: a caller of other sources must not end anything.
      if (found === null || !caller.sources.includes(found.source)) return null;
      const who = await subject(found);
      let given = null as Handle | null;
      const session = await store.judge(handle.family, (now) => {
        const judged = judgeHandle({ ...now, mayHold: now.mayHold && who !== null }, handle, secrets);
        given = judged.given;
        return judged;
      });
      return session === null || who === null || given === null ? null : tokensOf(session, who.id, given);
    },

    async end(token, caller) {
      const handle = readHandle(token);
      // A handle that was used before, and a token that is over, are good for nothing else: after a renewal that was
      // lost on the way, or a break, there is no other.
      const session =
        handle === null ? (await find(token, caller, true))?.session : await store.find({ family: handle.family });
      return session != null && caller.sources.includes(session.source) && store.end(session.id);
    },

    async introspect(token, caller) {
      const found = await find(token, caller);
      if (found === null) return { active: false };
      const { session, iat, exp, type } = found;
      const isOver = session.now >= session.expiresAt || session.now + SKEW < session.renewedAt;
      const who = isOver || !session.mayHold ? null : await subject(session);
      if (who === null) return { active: false };
      return {
        active: true,
        token_type: type,
        iss: issuer,
        aud: session.source,
        sub: who.id,
        client_id: session.callerName,
        iat,
        exp,
        sid: session.id,
        username: who.username,
        basis: session.basis,
        asOf: session.asOf,
        subject: who,
      };
    },
  };
}

type TokenType = "access_token" | "refresh_token";
