/** Tokens of an OpenID provider and by a shared key: what is taken, and what never is. */
import { createHmac } from "node:crypto";
import { CompactSign, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from "jose";
import type { TokenWay } from "../../src/domain/login";
import { Secret } from "../../src/domain/secret";
import { byKey, memory, type Opened, type OpenOptions, usedTokens, withLiveChecks } from "../support/live-check";
import { FAULTS } from "../support/upstream-faults";
import { startUpstreamServer, type UpstreamServer } from "../support/upstream-server";

type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
interface Signer {
  readonly kid: string;
  readonly alg: string;
  readonly pair: Pair;
  readonly jwk: JWK;
}

let server: UpstreamServer;
let known: Signer;
let stranger: Signer;
let published: readonly JWK[];
const NOW = Date.UTC(2027, 0, 4, 9);
let now = NOW;

const signer = async (kid: string, alg = "RS256"): Promise<Signer> => {
  const pair = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, pair, jwk: { ...(await exportJWK(pair.publicKey)), kid, alg, use: "sig" } };
};

beforeAll(async () => {
  [known, stranger] = await Promise.all([signer("k1"), signer("k1")]);
});
beforeEach(async () => {
  now = NOW;
  published = [known.jwk];
  server = await startUpstreamServer();
  server.on("/.well-known/openid-configuration", () => ({
    body: { issuer: server.url, jwks_uri: `${server.url}/keys` },
  }));
  server.on("/keys", () => ({ body: { keys: published } }));
});
// Closed before the server they ask.
const open = withLiveChecks();
afterEach(() => server.close());

type OidcWay = Extract<TokenWay, { kind: "oidc" }>;
const oidc = (changes: Partial<OidcWay> = {}): OidcWay => ({
  kind: "oidc",
  issuer: server.url,
  audience: "us",
  clients: null,
  keysFor: 3_600_000,
  subject: byKey("sub"),
  ...changes,
});
const opened = (token: TokenWay, options: OpenOptions = {}): Opened =>
  open(server.url, { token }, { now: () => now, ...options });

const claims = (changes: Record<string, unknown> = {}) => ({
  iss: server.url,
  aud: "us",
  sub: "u1",
  iat: now / 1000,
  exp: now / 1000 + 300,
  ...changes,
});
const signed = (changes: Record<string, unknown> = {}, by = known, header: Record<string, unknown> = {}) =>
  new SignJWT(claims(changes)).setProtectedHeader({ alg: by.alg, kid: by.kid, ...header }).sign(by.pair.privateKey);

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const hmac = (key: string, header: Record<string, unknown>) => {
  const text = `${encoded({ alg: "HS256", ...header })}.${encoded(claims())}`;
  return `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
};

const LOGOUT = "http://schemas.openid.net/event/backchannel-logout";
const yes = { outcome: "accepted", key: "u1" };
const no = { outcome: "refused" };
const fetched = () => server.requests.filter(({ path }) => path === "/keys").length;

describe("a token of the issuer", () => {
  test.each<[string, () => Promise<string> | string, object]>([
    ["as it should be", () => signed(), yes],
    ["for several audiences, with us as its party", () => signed({ aud: ["us", "them"], azp: "us" }), yes],
    [
      "an access token (RFC 9068) that another client asked for",
      () => signed({ azp: "portal" }, known, { typ: "at+jwt" }),
      yes,
    ],
    ["a clock some seconds off", () => signed({ iat: now / 1000 + 20, nbf: now / 1000 + 20 }), yes],
    ["without a person", () => signed({ sub: undefined }), { outcome: "indeterminate", reason: "unmapped" }],
    ["`alg: none`", () => `${encoded({ alg: "none" })}.${encoded(claims())}.`, no],
    ["`alg: nOnE`", () => `${encoded({ alg: "nOnE", kid: "k1" })}.${encoded(claims())}.`, no],
    ["without its signature", async () => (await signed()).replace(/[^.]*$/, ""), no],
    [
      "with a letter of its claims changed",
      async () => (await signed()).replace(/\.(.)/, (_, c) => `.${c === "f" ? "g" : "f"}`),
      no,
    ],
    ["signed with somebody's key under a known name", () => signed({}, stranger), no],
    ["one that ends a session (RFC 8725, 3.11)", () => signed({}, known, { typ: "logout+jwt" }), no],
    [
      "one that ends a session, of whatever type it says it is (OpenID Connect Back-Channel Logout, 2.4)",
      () => signed({ sid: "s", events: { [LOGOUT]: {} } }),
      no,
    ],
    ["one that tells of another event", () => signed({ events: { "https://x.example/event": {} } }), yes],
    ["events that are none", () => signed({ events: LOGOUT }), yes],
    ["another audience", () => signed({ aud: "them" }), no],
    ["no audience", () => signed({ aud: undefined }), no],
    ["an audience that only begins like ours", () => signed({ aud: "us-too" }), no],
    ["another issuer", () => signed({ iss: "https://evil.example" }), no],
    ["no issuer", () => signed({ iss: undefined }), no],
    ["over", () => signed({ exp: now / 1000 - 31 }), no],
    ["without an end", () => signed({ exp: undefined }), no],
    ["an end in words", () => signed({ exp: "never" }), no],
    ["not yet", () => signed({ nbf: now / 1000 + 31 }), no],
    ["made in the future", () => signed({ iat: now / 1000 + 31 }), no],
    ["made for another client that shares the audience", () => signed({ aud: ["us", "them"], azp: "them" }), no],
    ["for several audiences, and nobody says whose", () => signed({ aud: ["us", "them"] }), no],
    ["with a key it brings itself", () => signed({}, { ...stranger, kid: "own" }, { jwk: stranger.jwk }), no],
    ["with a key it brings under a known name", () => signed({}, stranger, { jwk: stranger.jwk }), no],
    ["with an address of keys", () => signed({}, stranger, { jku: `${server.url}/evil` }), no],
    ["with an address of a certificate", () => signed({}, stranger, { x5u: `${server.url}/evil` }), no],
    [
      "HS256, signed with the public key as PEM",
      async () => hmac(await exportSPKI(known.pair.publicKey), { kid: "k1" }),
      no,
    ],
    ["HS256, signed with the public key as JSON", () => hmac(JSON.stringify(known.jwk), {}), no],
    [
      "a header that must be understood",
      () => `${encoded({ alg: "RS256", crit: ["x"], x: 1 })}.${encoded(claims())}.AA`,
      no,
    ],
    ["no token", () => "hello", no],
    ["nothing", () => "", no],
    ["dots", () => "..", no],
    ["a very long one", async () => `${await signed()}${"A".repeat(70_000)}`, no],
    ["NUL", async () => `${await signed()}\0`, no],
  ])("%s", async (_, token, outcome) => {
    await expect(opened(oidc()).check(await token())).resolves.toEqual(outcome);
    expect(server.requests.some(({ path }) => path === "/evil")).toBe(false);
  });

  test("tells ids beyond 2^53 apart, and takes none that nobody can tell", async () => {
    const said = (uid: string) =>
      new CompactSign(Buffer.from(JSON.stringify(claims()).replace(/}$/, `,"uid":${uid}}`)))
        .setProtectedHeader({ alg: known.alg, kid: known.kid })
        .sign(known.pair.privateKey);
    const live = opened(oidc({ subject: byKey("uid") }));
    const unknown = { outcome: "indeterminate", reason: "unmapped" };
    for (const [uid, outcome] of [
      ["9007199254740993", { outcome: "accepted", key: "9007199254740993" }],
      ["9007199254740991", { outcome: "accepted", key: "9007199254740991" }],
      ["9007199254740993.0", unknown],
      ["9.007199254740993e15", unknown],
    ] as const)
      expect([uid, await live.check(await said(uid))]).toEqual([uid, outcome]);
  });

  test("is verified by what can be read of a key set, and by the keys known before where nothing can", async () => {
    const live = opened(oidc());
    await expect(live.check(await signed())).resolves.toEqual(yes);
    const { n: _, ...broken } = known.jwk;
    for (const set of [[null, known.jwk], [{ ...broken, kid: "k0" }, known.jwk], [broken], [], [null]]) {
      published = set as readonly JWK[];
      now += 31_000;
      // A key that nobody knows has them fetched again.
      await live.check(await signed({}, { ...stranger, kid: "k9" }));
      await expect(live.check(await signed())).resolves.toEqual(yes);
    }
    expect(fetched()).toBe(6);
  });

  test("of clients that the job names, and of no others", async () => {
    const live = opened(oidc({ clients: ["portal"] }));
    await expect(live.check(await signed({ azp: "portal" }))).resolves.toEqual(yes);
    await expect(live.check(await signed({ client_id: "portal" }, known, { typ: "at+jwt" }))).resolves.toEqual(yes);
    await expect(live.check(await signed({ azp: "us" }))).resolves.toEqual(no);
    await expect(live.check(await signed())).resolves.toEqual(no);
  });

  test("by any key of its kind when it names none", async () => {
    published = [stranger.jwk, known.jwk].map(({ kid: _, ...jwk }) => jwk);
    await expect(opened(oidc()).check(await signed({}, { ...known, kid: "?" }))).resolves.toEqual(no);
    const token = await new SignJWT(claims()).setProtectedHeader({ alg: "RS256" }).sign(known.pair.privateKey);
    await expect(opened(oidc()).check(token)).resolves.toEqual(yes);
  });

  test.each(["PS256", "ES256", "EdDSA"])("by %s", async (alg) => {
    const other = await signer("k2", alg);
    published = [known.jwk, other.jwk];
    await expect(opened(oidc()).check(await signed({}, other))).resolves.toEqual(yes);
  });
});

describe("its keys", () => {
  test("are fetched once, and used while the issuer is away, for as long as the job says", async () => {
    const live = opened(oidc());
    await expect(live.check(await signed())).resolves.toEqual(yes);
    await expect(live.check(await signed())).resolves.toEqual(yes);
    expect(fetched()).toBe(1);
    server.on("/keys", FAULTS["503"]);
    now += 3_500_000;
    await expect(live.check(await signed())).resolves.toEqual(yes);
    now += 200_000;
    await expect(live.check(await signed())).resolves.toEqual({ outcome: "unavailable", reason: "server-error" });
  });

  test("outlive the process that fetched them, but not a clock that was set back", async () => {
    const issuers = memory();
    await opened(oidc(), { issuers }).check(await signed());
    server.on("/keys", FAULTS.reset);
    server.on("/.well-known/openid-configuration", FAULTS.reset);
    await expect(opened(oidc(), { issuers }).check(await signed())).resolves.toEqual(yes);
    now -= 120_000;
    const late = await opened(oidc(), { issuers }).check(await signed());
    expect(late).toEqual({ outcome: "unavailable", reason: "network" });
  });

  test("are asked for anew when an unknown one is named, and then not again for a while, whoever asks", async () => {
    const live = opened(oidc());
    await live.check(await signed());
    const renewed = await signer("k2");
    published = [renewed.jwk];
    await expect(live.check(await signed({}, renewed))).resolves.toEqual(no);
    now += 30_000;
    await expect(live.check(await signed({}, renewed))).resolves.toEqual(yes);
    expect(fetched()).toBe(2);
    const noise = await Promise.all(Array.from({ length: 20 }, (_, i) => signed({}, { ...stranger, kid: `x${i}` })));
    expect(
      new Set((await Promise.all(noise.map((token) => live.check(token)))).map((one) => JSON.stringify(one))),
    ).toEqual(new Set([JSON.stringify(no)]));
    expect(fetched()).toBe(2);
  });

  test.each([
    ["under the name of the one before", "k1"],
    ["without a name, as the one before", undefined],
  ])("that are new %s are asked for as any other", async (_, kid) => {
    const changed = { ...(await signer("k1")), kid: kid as string };
    const named = ({ jwk }: Signer) => ({ ...jwk, kid }) as JWK;
    published = [named(known)];
    const live = opened(oidc());
    await expect(live.check(await signed({}, { ...known, kid: kid as string }))).resolves.toEqual(yes);
    published = [named(changed)];
    now += 31_000;
    await expect(live.check(await signed({}, changed))).resolves.toEqual(yes);
    expect(fetched()).toBe(2);
    // Nobody makes us ask more often by a signature of their own.
    for (let i = 0; i < 5; i += 1)
      await expect(live.check(await signed({}, { ...stranger, kid: kid as string }))).resolves.toEqual(no);
    expect(fetched()).toBe(2);
  });

  test("that cannot be asked for make an unknown one no answer, and are not asked for in a rush", async () => {
    const live = opened(oidc());
    await live.check(await signed());
    server.on("/keys", FAULTS["500"]);
    now += 30_000;
    const unknown = await signed({}, { ...stranger, kid: "x" });
    for (let round = 0; round < 3; round += 1)
      await expect(live.check(unknown)).resolves.toEqual({ outcome: "unavailable", reason: "server-error" });
    await expect(live.check(await signed())).resolves.toEqual(yes);
    expect(fetched()).toBe(2);
  });

  test("are published by nobody else", async () => {
    const elsewhere = { issuer: "https://evil.example", jwks_uri: `${server.url}/keys` };
    server.on("/.well-known/openid-configuration", () => ({ body: elsewhere }));
    await expect(opened(oidc()).check(await signed())).resolves.toEqual({
      outcome: "indeterminate",
      reason: "nonsense",
    });
  });

  test.each([
    ["html", "nonsense"],
    ["redirect", "redirect"],
    ["429", "rate-limited"],
    ["{}", "nonsense"],
    ["404", "nonsense"],
  ] as const)("instead of which comes %s", async (fault, reason) => {
    server.on("/.well-known/openid-configuration", FAULTS[fault]);
    await expect(opened(oidc()).check(await signed())).resolves.toEqual({ outcome: "indeterminate", reason });
  });
});

describe("a token by a shared key", () => {
  const key = "0123456789abcdef0123456789abcdef";
  const way = (changes: object = {}): TokenWay => ({
    kind: "jwt",
    algorithm: "HS256",
    key: new Secret(key),
    issuer: "intranet",
    audience: "us",
    once: false,
    subject: byKey("sub"),
    ...changes,
  });
  const token = (changes: Record<string, unknown> = {}, alg = "HS256", secret = key) =>
    new SignJWT(claims({ iss: "intranet", ...changes }))
      .setProtectedHeader({ alg })
      .sign(new TextEncoder().encode(secret));

  test.each<[string, () => Promise<string>, object]>([
    ["as it should be", () => token(), yes],
    ["by another key", () => token({}, "HS256", `${key.slice(0, -1)}x`), no],
    ["by another algorithm", () => token({}, "HS512", key), no],
    ["another issuer", () => token({ iss: "them" }), no],
    ["another audience", () => token({ aud: "them" }), no],
    ["without an end", () => token({ exp: undefined }), no],
    ["over", () => token({ exp: now / 1000 - 31 }), no],
    ["from the future", () => token({ iat: now / 1000 + 31 }), no],
    ["by a key pair", () => signed({ iss: "intranet" }), no],
  ])("%s", async (_, make, outcome) => {
    await expect(opened(way()).check(await make())).resolves.toEqual(outcome);
  });

  test("is taken once when the job says so, by whichever process", async () => {
    const used = usedTokens();
    const [one, other] = [opened(way({ once: true }), { used }), opened(way({ once: true }), { used })];
    const brought = await token({ jti: "a" });
    await expect(one.check(brought)).resolves.toEqual(yes);
    await expect(other.check(brought)).resolves.toEqual(no);
    await expect(other.check(await token({ jti: "b" }))).resolves.toEqual(yes);
    await expect(other.check(await token())).resolves.toEqual(no);
  });
});
