import {
  CompactEncrypt,
  type CryptoKey,
  calculateJwkThumbprint,
  compactDecrypt,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";
import type { Log } from "../../domain/log";
import type { SigningKeyRow } from "../../domain/sessions";
import { planKeys } from "./plan-keys";
import type { SigningKeyPort } from "./ports";
import { nameOf, openerAmong } from "./sealed-by";

export const ALGORITHM = "EdDSA";

export interface KeyRing {
  signing(): Promise<{ readonly kid: string; readonly key: CryptoKey }>;
  /** Null for a key that is not ours. */
  publicKey(kid: string): Promise<CryptoKey | null>;
  /** RFC 7517: every key that may have signed a token that still lives, and the one that signs next. */
  published(): Promise<{ readonly keys: readonly JWK[] }>;
}

interface Known {
  readonly rows: readonly SigningKeyRow[];
  readonly signing: { readonly kid: string; readonly key: CryptoKey };
  readonly publicKeys: ReadonlyMap<string, CryptoKey>;
  /** By a clock that is never set back, milliseconds. */
  readonly readAt: number;
}

export interface KeyRingServices {
  readonly keys: SigningKeyPort;
  /** Not in the database. The one in use seals the private keys; those from before it, which follow, open what they sealed. */
  readonly secrets: readonly [Uint8Array, ...Uint8Array[]];
  /** Seconds from a login to the end of its session. */
  readonly lifetime: number;
  readonly clock: () => number;
  readonly log: Log;
}

/** Milliseconds after which the keys are read again. */
const KNOWN_FOR = 60_000;
/** Milliseconds. A token with a key nobody knows is worth a look into the database, but not every one of a flood. */
const LOOK_AGAIN_AFTER = 1_000;

/**
 * The keys that sign tokens: Ed25519, made and replaced by whichever process finds one due, private ones sealed (JWE, `dir` and
 * `A256GCM`) with a secret from outside the database.
 */
export function createKeyRing({ keys, secrets, lifetime, clock, log }: KeyRingServices): KeyRing {
  const [secret] = secrets;
  const openerOf = openerAmong(secrets);
  const openedBy = (row: SigningKeyRow) => {
    const opener = openerOf(row);
    return opener === null ? null : opener === secret ? "current" : "previous";
  };
  const planFor = (rows: readonly SigningKeyRow[]) =>
    planKeys(rows, { now: clock(), openedBy, sessions: lifetime * 1_000 });
  let known: Promise<Known> | null = null;
  let begunAt = 0;

  async function make(signsFrom: number): Promise<SigningKeyRow> {
    const pair = await generateKeyPair(ALGORITHM, { extractable: true });
    const own = await exportJWK(pair.publicKey);
    const kid = await calculateJwkThumbprint(own);
    const sealed = await new CompactEncrypt(Buffer.from(JSON.stringify(await exportJWK(pair.privateKey))))
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid: nameOf(secret) })
      .encrypt(secret);
    return { kid, sealed, signsFrom, public: { ...own, kid, use: "sig", alg: ALGORITHM } as SigningKeyRow["public"] };
  }

  async function read(): Promise<Known> {
    let rows = await keys.list();
    let plan = planFor(rows);
    if (plan.makeFrom !== null || plan.drop.length > 0) {
      rows = await keys.change(async (there) => {
        const { makeFrom, drop } = planFor(there);
        return { add: makeFrom === null ? null : await make(makeFrom), drop };
      });
      plan = planFor(rows);
    }
    const signing = rows.find(({ kid }) => kid === plan.signing);
    const opener = signing === undefined ? null : openerOf(signing);
    if (signing === undefined || opener === null) throw new Error("no key signs although one was made");
    if (rows.some((row) => openerOf(row) === null))
      log.debug("some signing keys are sealed with another secret, and tokens of theirs are only checked");
    const { plaintext } = await compactDecrypt(signing.sealed, opener);
    const imported = rows.map(async ({ kid, public: jwk }) => [kid, await keyOf(jwk)] as const);
    return {
      rows,
      signing: { kid: signing.kid, key: await keyOf(JSON.parse(Buffer.from(plaintext).toString())) },
      publicKeys: new Map(await Promise.all(imported)),
      readAt: performance.now(),
    };
  }

  /** @param maxAge milliseconds */
  function current(maxAge: number): Promise<Known> {
    if (known === null || performance.now() - begunAt > maxAge) {
      begunAt = performance.now();
      known = read().catch((error: unknown) => {
        known = null;
        throw error;
      });
    }
    return known;
  }

  return {
    signing: async () => (await current(KNOWN_FOR)).signing,
    async publicKey(kid) {
      const found = (await current(KNOWN_FOR)).publicKeys.get(kid);
      return found ?? (await current(LOOK_AGAIN_AFTER)).publicKeys.get(kid) ?? null;
    },
    published: async () => ({ keys: (await current(KNOWN_FOR)).rows.map(({ public: jwk }) => jwk as JWK) }),
  };
}

async function keyOf(jwk: JWK | SigningKeyRow["public"]): Promise<CryptoKey> {
  const key = await importJWK(jwk as JWK, ALGORITHM);
  if (key instanceof Uint8Array) throw new Error("a signing key is no key pair");
  return key;
}
