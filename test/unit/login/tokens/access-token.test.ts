import { generateKeyPairSync } from "node:crypto";
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importPKCS8,
  type JWTHeaderParameters,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import { silentLog } from "../../../../src/domain/log";
import type { SigningKeyRow } from "../../../../src/domain/sessions";
import { signToken, TOKEN_LIFETIME, verifyToken } from "../../../../src/login/tokens/access-token";
import { createKeyRing, type KeyRing, type KeyRingServices } from "../../../../src/login/tokens/key-ring";
import type { SigningKeyPort } from "../../../../src/login/tokens/ports";

const ISSUER = "https://login.example.com";
const SECRET = new Uint8Array(32).fill(9);
const CLAIMS = {
  aud: "acme",
  sub: "7",
  key: "u1",
  client_id: "portal",
  sid: "2f0c",
  basis: "live" as const,
  asOf: "2026-11-27T12:00:00.000Z",
};
let now = Date.parse("2026-11-27T12:00:00Z");
const clock = () => now;

function memory(): SigningKeyPort & { rows: SigningKeyRow[] } {
  const store = {
    rows: [] as SigningKeyRow[],
    list: async () => store.rows,
    change: async (decide: Parameters<SigningKeyPort["change"]>[0]) => {
      const { add, drop } = await decide(store.rows);
      store.rows = [...store.rows, ...(add === null ? [] : [add])].filter(({ kid }) => !drop.includes(kid));
      return store.rows;
    },
  };
  return store;
}

const keys = memory();
const ringOf = (other: Partial<KeyRingServices> = {}) =>
  createKeyRing({ keys, secrets: [SECRET], lifetime: 43_200, clock, log: silentLog, ...other });
let ring: KeyRing;
beforeEach(() => {
  now = Date.parse("2026-11-27T12:00:00Z");
  ring = ringOf();
});

const verify = (token: string, sources = ["acme", "globex"]) =>
  verifyToken(token, { issuer: ISSUER, sources, ring, clock });

/** A token of our own key that is right but for what is changed. */
async function forge(
  claims: object,
  header: Partial<JWTHeaderParameters> = {},
  key?: CryptoKey | Uint8Array,
): Promise<string> {
  const own = await ring.signing();
  const at = Math.floor(now / 1000);
  return new SignJWT({ ...CLAIMS, iss: ISSUER, iat: at, exp: at + 300, ...claims })
    .setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid: own.kid, ...header } as JWTHeaderParameters)
    .sign(key ?? own.key);
}

test("a token says what it was made of, for five minutes", async () => {
  const token = await signToken(CLAIMS, ISSUER, ring, clock);
  expect(await verify(token)).toMatchObject({
    ...CLAIMS,
    iss: ISSUER,
    iat: now / 1000,
    exp: now / 1000 + TOKEN_LIFETIME,
  });
  now += (TOKEN_LIFETIME + 4) * 1000;
  expect(await verify(token)).not.toBeNull();
  now += 2_000;
  expect(await verify(token)).toBeNull();
});

test("one that is over is taken where that does not matter, and nothing else about it", async () => {
  const mayBeOver = (token: string) =>
    verifyToken(token, { issuer: ISSUER, sources: ["acme"], ring, clock, mayBeOver: true });
  const token = await signToken(CLAIMS, ISSUER, ring, clock);
  const other = await signToken({ ...CLAIMS, aud: "globex" }, ISSUER, ring, clock);
  const typed = await forge({}, { typ: "JWT" });
  now += 36_000_000;
  expect(await mayBeOver(token)).toMatchObject(CLAIMS);
  for (const none of [other, typed, "nonsense", "a.b.c", token.replace(/.{6}$/, "AAAAAA")])
    expect(await mayBeOver(none)).toBeNull();
});

test("the forgery that all others are wrong forms of is right", async () => {
  expect(await verify(await forge({}))).toMatchObject(CLAIMS);
});

describe("no token", () => {
  test.each<[string, object, Partial<JWTHeaderParameters>?]>([
    ["of another audience", { aud: "initech" }],
    ["of no audience", { aud: undefined }],
    ["of another issuer", { iss: "https://evil.example.com" }],
    ["that is over", { iat: now / 1000 - 400, exp: now / 1000 - 100 }],
    ["without an end", { exp: undefined }],
    ["that ends in a year, long ago made", { iat: now / 1000 - 400, exp: now / 1000 + 31_536_000 }],
    ["from the future", { iat: now / 1000 + 60, exp: now / 1000 + 360 }],
    ["not good yet", { nbf: now / 1000 + 60 }],
    ["without its time", { iat: undefined }],
    ["of nobody", { sub: undefined }],
    ["of no session", { sid: undefined }],
    ["of another type", {}, { typ: "JWT" }],
    ["with a key that is not ours", {}, { kid: "theirs" }],
    ["without a key's name", {}, { kid: undefined as never }],
  ])("%s", async (_what, claims, header = {}) => {
    expect(await verify(await forge(claims, header))).toBeNull();
  });

  test("of `alg: none`", async () => {
    expect(
      await verify(new UnsecuredJWT({ ...CLAIMS }).setIssuer(ISSUER).setExpirationTime("5m").setIssuedAt().encode()),
    ).toBeNull();
    const [, payload] = (await forge({})).split(".");
    for (const alg of ["none", "None", "NONE", ""]) {
      const header = Buffer.from(JSON.stringify({ alg, typ: "at+jwt", kid: (await ring.signing()).kid })).toString(
        "base64url",
      );
      expect(await verify(`${header}.${payload}.`)).toBeNull();
    }
  });

  test("with a key it brings itself, or tells where to fetch", async () => {
    const own = await generateKeyPair("EdDSA", { extractable: true });
    const jwk = await exportJWK(own.publicKey);
    for (const header of [
      { jwk },
      { jku: "https://evil.example.com/keys" },
      { x5u: "https://evil.example.com/cert" },
      { kid: "x", jwk },
    ]) {
      expect(await verify(await forge({}, header as never, own.privateKey))).toBeNull();
    }
  });

  test("signed with HMAC by what is public", async () => {
    const { keys: published } = await ring.published();
    const key = new TextEncoder().encode(JSON.stringify(published[0]));
    expect(await verify(await forge({}, { alg: "HS256" }, key))).toBeNull();
  });

  test("by another algorithm", async () => {
    const pem = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });
    expect(await verify(await forge({}, { alg: "ES256" }, await importPKCS8(String(pem), "ES256")))).toBeNull();
  });

  test("changed in any one character of its content or signature", async () => {
    const token = await forge({});
    const [header = "", payload = "", signature = ""] = token.split(".");
    const flip = (text: string, at: number) => text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
    for (let at = 0; at < payload.length; at += 7)
      expect(await verify(`${header}.${flip(payload, at)}.${signature}`)).toBeNull();
    for (let at = 0; at < signature.length - 1; at += 7)
      expect(await verify(`${header}.${payload}.${flip(signature, at)}`)).toBeNull();
  });

  test.each([
    "",
    ".",
    "..",
    "a.b.c",
    "a.b",
    `${"a".repeat(9_000)}.b.c`,
    "\0",
    "eyJhbGciOiJFZERTQSJ9..",
    "[object Object]",
  ])("%j", async (text) => {
    expect(await verify(text)).toBeNull();
  });
});

describe("keys", () => {
  test("private ones are not to be read in the store", async () => {
    await ring.signing();
    expect(JSON.stringify(keys.rows)).not.toContain('"d"');
    expect(keys.rows[0]?.sealed.split(".")).toHaveLength(5);
    expect(JSON.stringify(await ring.published())).not.toContain('"d"');
  });

  test("the next key signs when its turn comes, and tokens of the last stay good", async () => {
    const { kid } = await ring.signing();
    const dayBefore = now + 29.1 * 86_400_000;
    now = dayBefore;
    ring = ringOf();
    expect((await ring.signing()).kid).toBe(kid);
    expect((await ring.published()).keys).toHaveLength(2);
    const old = await forge({});
    now = dayBefore + 86_400_000 - 60_000;
    const last = await forge({});
    now += 120_000;
    ring = ringOf();
    expect((await ring.signing()).kid).not.toBe(kid);
    expect(await verify(last)).not.toBeNull();
    expect(await verify(old)).toBeNull();
  });

  test("a key stays until the last session of its tokens is over, however long those are", async () => {
    const hours = 720;
    const hourly = async (count: number) => {
      for (let hour = 0; hour < count; hour++) {
        now += 3_600_000;
        ring = ringOf({ keys: kept, lifetime: hours * 3_600 });
        await ring.published();
      }
    };
    const kept = memory();
    await hourly(1);
    const { kid } = await ring.signing();
    await hourly(hours - 1);
    const last = await forge({});
    for (let hour = 0; hour < hours; hour += 24) {
      await hourly(24);
      expect((await ring.signing()).kid).not.toBe(kid);
      expect(
        await verifyToken(last, { issuer: ISSUER, sources: ["acme"], ring, clock, mayBeOver: true }),
      ).toMatchObject(CLAIMS);
    }
    await hourly(3);
    expect(await ring.publicKey(kid)).toBeNull();
  });

  test("another process finds a key that was made meanwhile", async () => {
    const shared = memory();
    const [one, other] = [1, 2].map(() => ringOf({ keys: shared })) as [KeyRing, KeyRing];
    const { kid } = await one.signing();
    expect((await other.signing()).kid).toBe(kid);
    expect(shared.rows).toHaveLength(1);
  });

  test("with another secret another key signs, and tokens of the first are still checked", async () => {
    const token = await forge({});
    const other = ringOf({ secrets: [new Uint8Array(32).fill(1)] });
    expect((await other.signing()).kid).not.toBe((await ring.signing()).kid);
    expect(await verifyToken(token, { issuer: ISSUER, sources: ["acme"], ring: other, clock })).not.toBeNull();
  });

  test("with a new secret beside the last one, the last one's key signs until the new key has been published for a day", async () => {
    const rotated = [new Uint8Array(32).fill(2), SECRET] as const;
    const shared = memory();
    const last = await ringOf({ keys: shared }).signing();
    const begun = ringOf({ keys: shared, secrets: rotated });
    expect((await begun.signing()).kid).toBe(last.kid);
    expect((await begun.published()).keys).toHaveLength(2);
    now += 86_400_000 + 1;
    expect((await ringOf({ keys: shared, secrets: rotated }).signing()).kid).not.toBe(last.kid);
    now += 86_400_000 + 1;
    const { keys: published } = await ringOf({ keys: shared, secrets: rotated }).published();
    expect(published.map(({ kid }) => kid)).not.toContain(last.kid);
    expect(published).toHaveLength(1);
  });
});
