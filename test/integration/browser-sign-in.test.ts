/** Sign-in by browser at a real OpenID provider, begun and finished by different processes over one database. */

import { createHash } from "node:crypto";
import { type Log, silentLog } from "../../src/domain/log";
import type { BrowserWay, TokenWay } from "../../src/domain/login";
import { Secret } from "../../src/domain/secret";
import { compileExpressions } from "../../src/mapping/compile-expressions";
import { IssuerStore } from "../../src/mirror/login/issuer-store";
import { JournalStore } from "../../src/mirror/login/journal-store";
import { KeyedDigest } from "../../src/mirror/login/keyed-digest";
import { SignInStore } from "../../src/mirror/login/sign-in-store";
import { UsedTokenStore } from "../../src/mirror/login/used-token-store";
import { createBrowserSignIn } from "../../src/upstream/login/browser-sign-in";
import { byKey, byUsername, openLiveCheck } from "../support/live-check";
import { type OpenidProvider, startOpenidProvider } from "../support/openid-provider";
import { createTestDatabase, type TestDatabase } from "../support/test-database";
import { jobAt } from "../support/upstream-job";

let provider: OpenidProvider;
let test1: TestDatabase;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  [provider, test1] = await Promise.all([startOpenidProvider(), createTestDatabase()]);
});
afterAll(async () => {
  for (const close of closing) await close();
  await Promise.all([provider.close(), test1.drop()]);
});

const RETURN_TO = "https://app.example/signed-in";
const SECRET = "c&lient:secret";
const never = new AbortController().signal;

/** As a process would open it. */
function open(changes: Partial<BrowserWay> = {}, source = "acme", log: Log = silentLog) {
  const way: BrowserWay = {
    kind: "oidc",
    issuer: provider.issuer,
    clientId: "us",
    clientSecret: new Secret(SECRET),
    scope: "openid",
    callback: "http://127.0.0.1/v1/login/acme/callback",
    returnTo: [RETURN_TO],
    subject: byKey("sub"),
    ...changes,
  };
  const compiled = compileExpressions([way.subject.from.text]);
  const { database } = test1;
  const signIn = createBrowserSignIn({
    job: jobAt("http://127.0.0.1", { source }),
    way,
    deadline: 5_000,
    log,
    findKey: async (_source, username) => (username === "u1@x.example" ? "u1" : null),
    issuers: new IssuerStore(database),
    signIns: new SignInStore(database),
    evaluate: ({ text }, input) => compiled.evaluate(text, input),
  });
  closing.push(signIn.close, compiled.close);
  return signIn;
}

const request = { returnTo: RETURN_TO, state: "app-state", challenge: "app-challenge", browser: null };
const begin = async (changes: Partial<BrowserWay> = {}) => {
  const started = await open(changes).start(request, never);
  return { ...started, back: await provider.signIn(started.url, "u1") };
};
const stateOf = (url: string) => String(new URL(url).searchParams.get("state"));

test("whoever signs in there is known here, whichever process the browser comes back to", async () => {
  const { url, browser, path, back } = await begin();
  expect(path).toBe("/v1/login/acme/");
  expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
    code_challenge_method: "S256",
    scope: "openid",
  });
  expect(url).not.toContain(SECRET);
  const finished = await open().finish({ params: back.searchParams, browser }, never);
  expect(finished).toEqual({
    outcome: { outcome: "accepted", key: "u1" },
    returnTo: RETURN_TO,
    state: "app-state",
    challenge: "app-challenge",
  });
});

describe("claims of a scope, which are at the userinfo endpoint", () => {
  const byEmail = { scope: "openid email", subject: byUsername("$lowercase(email)") };

  test.each([
    ["u1", "u1"],
    ["u2", null],
  ])("%s", async (name, key) => {
    const started = await open(byEmail).start(request, never);
    const { searchParams: params } = await provider.signIn(started.url, name);
    const { outcome } = await open(byEmail).finish({ params, browser: started.browser }, never);
    expect(outcome).toEqual({ outcome: "accepted", key });
  });

  test("that say nobody are told in the log, with the place of the expression", async () => {
    const said: unknown[] = [];
    const log = { ...silentLog, warn: (...line: unknown[]) => void said.push(line) };
    const { browser, back } = await begin();
    const nameless = open({ subject: byUsername("nickname") }, "acme", log);
    const { outcome } = await nameless.finish({ params: back.searchParams, browser }, never);
    expect(outcome).toEqual({ outcome: "indeterminate", reason: "unmapped" });
    const { at } = byUsername("nickname").from;
    const problem = "it gives nothing that is a username";
    expect(said).toEqual([["the login's `subject` could not be worked out", { source: "acme", at, problem }]]);
  });
});

test("a state is good once, from one browser, at one source", async () => {
  const unknown = { code: "LOG022" };
  const { browser, back } = await begin();
  const params = back.searchParams;
  await open().finish({ params, browser }, never);
  await expect(open().finish({ params, browser }, never)).rejects.toMatchObject(unknown);

  for (const wrong of [null, "", "x".repeat(43)]) {
    const other = await begin();
    await expect(open().finish({ params: other.back.searchParams, browser: wrong }, never)).rejects.toMatchObject(
      unknown,
    );
  }
  const foreign = await begin();
  const elsewhere = open({}, "corp").finish({ params: foreign.back.searchParams, browser: foreign.browser }, never);
  await expect(elsewhere).rejects.toMatchObject(unknown);
  for (const state of ["", "x", "x".repeat(43), "\0"])
    await expect(open().finish({ params: new URLSearchParams({ state }), browser }, never)).rejects.toMatchObject(
      unknown,
    );
});

test("of two who bring the same answer at once one is heard", async () => {
  const { browser, back } = await begin();
  const [one, other] = [open(), open()];
  const ends = await Promise.allSettled(
    [one, other].map((each) => each.finish({ params: back.searchParams, browser }, never)),
  );
  expect(ends.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
});

test("a sign-in that took longer than ten minutes is over, and goes with the next", async () => {
  const { browser, back } = await begin();
  const { knex } = test1.database;
  await knex.raw("update login.sign_ins set expires_at = clock_timestamp() - interval '1 second'");
  await expect(open().finish({ params: back.searchParams, browser }, never)).rejects.toMatchObject({ code: "LOG022" });
  await begin();
  await knex.raw("update login.sign_ins set expires_at = clock_timestamp() - interval '1 second'");
  await open().start(request, never);
  expect(await knex("login.sign_ins").count()).toEqual([{ count: 1 }]);
});

test("behind a proxy that adds to the path the cookie comes back to it", async () => {
  const callback = "https://host.example/auth/v1/login/acme/callback";
  await expect(open({ callback }).start(request, never)).resolves.toMatchObject({ path: "/auth/v1/login/acme/" });
});

test("nobody is sent back to an address that the job does not name", async () => {
  for (const returnTo of [`${RETURN_TO}/`, `${RETURN_TO}?x=1`, "https://evil.example/", `${RETURN_TO}@evil.example`])
    await expect(open().start({ ...request, returnTo }, never)).rejects.toMatchObject({ code: "LOG021" });
});

test.each([
  ["access_denied", { outcome: "refused" }],
  ["server_error", { outcome: "indeterminate", reason: "unmapped" }],
])("`error=%s` instead of a code", async (error, outcome) => {
  const { url, browser } = await open().start(request, never);
  const params = new URLSearchParams({ state: stateOf(url), error, iss: provider.issuer });
  await expect(open().finish({ params, browser }, never)).resolves.toMatchObject({ outcome });
});

test.each<[string, (params: URLSearchParams) => void, object]>([
  [
    "a code that somebody made up",
    (params) => params.set("code", "x"),
    { outcome: "indeterminate", reason: "unmapped" },
  ],
  [
    "an answer of another issuer",
    (params) => params.set("iss", "https://evil.example"),
    { outcome: "indeterminate", reason: "nonsense" },
  ],
  ["no code", (params) => params.delete("code"), { outcome: "indeterminate", reason: "nonsense" }],
])("%s lets nobody in", async (_, change, outcome) => {
  const { browser, back } = await begin();
  const params = new URLSearchParams(back.searchParams);
  change(params);
  await expect(open().finish({ params, browser }, never)).resolves.toMatchObject({ outcome });
});

test("a code that was meant for another sign-in lets nobody in: PKCE", async () => {
  const [mine, theirs] = [await begin(), await begin()];
  const params = new URLSearchParams(mine.back.searchParams);
  params.set("code", String(theirs.back.searchParams.get("code")));
  const { outcome } = await open().finish({ params, browser: mine.browser }, never);
  expect(outcome.outcome).toBe("indeterminate");
});

test("our own account refused there is an outage, and nobody's no", async () => {
  const { browser, back } = await begin();
  const wrong = open({ clientSecret: new Secret("old") });
  const { outcome } = await wrong.finish({ params: back.searchParams, browser }, never);
  expect(outcome).toEqual({ outcome: "unavailable", reason: "service-account" });
});

test("its ID tokens, and by introspection its access tokens, are taken", async () => {
  const { url } = await open().start(request, never);
  const verifier = "v".repeat(43);
  const start = new URL(url);
  start.searchParams.set("code_challenge", createHash("sha256").update(verifier).digest("base64url"));
  const back = await provider.signIn(start.href, "u1");
  const form = new URLSearchParams({ grant_type: "authorization_code", code: String(back.searchParams.get("code")) });
  form.set("redirect_uri", "http://127.0.0.1/v1/login/acme/callback");
  form.set("code_verifier", verifier);
  const authorization = `Basic ${Buffer.from(`us:${encodeURIComponent(SECRET)}`).toString("base64")}`;
  const answer = await fetch(`${provider.issuer}/token`, { method: "POST", body: form, headers: { authorization } });
  const { id_token: id, access_token: access } = (await answer.json()) as Record<string, string>;
  const introspection: TokenWay = {
    kind: "introspection",
    url: `${provider.issuer}/token/introspection`,
    clientId: "us",
    send: "basic",
    clientSecret: new Secret(SECRET),
    subject: byKey("sub"),
  };
  const oidc: TokenWay = {
    kind: "oidc",
    issuer: provider.issuer,
    audience: "us",
    clients: null,
    keysFor: 60_000,
    subject: byKey("sub"),
  };
  const used = new UsedTokenStore(test1.database);
  const lives = [oidc, introspection].map((token) => openLiveCheck(provider.issuer, { token }, { used }));
  closing.push(...lives.map(({ close }) => close));
  const accepted = { outcome: "accepted", key: "u1" };
  await expect(lives[0]?.check(id ?? "")).resolves.toEqual(accepted);
  await expect(lives[1]?.check(access ?? "")).resolves.toEqual(accepted);
  await expect(lives[1]?.check("made-up")).resolves.toEqual({ outcome: "refused" });
});

test("a token that is taken once is so across processes", async () => {
  const [one, other] = [new UsedTokenStore(test1.database), new UsedTokenStore(test1.database)];
  const until = Date.now() + 60_000;
  const claimed = await Promise.all([one, other, one, other].map((store) => store.claim("acme", "t", until)));
  expect(claimed.filter((won) => won)).toHaveLength(1);
  await expect(one.claim("corp", "t", until)).resolves.toBe(true);
});

test("what is over goes also where nobody signs in any more", async () => {
  const store = new UsedTokenStore(test1.database);
  const [over, good] = [Date.now() - 7_200_000, Date.now() + 60_000];
  await store.claim("left", "good", good);
  await store.claim("left", "over", over);
  await test1.database.knex.raw(
    `insert into login.sign_ins (state, source, nonce, verifier, return_to, app_state, app_challenge, browser, expires_at)
     select state, source, '', '', '', '', '', '', now() + expires from (
       values ('\\x01'::bytea, 'left', interval '-1 minute'), ('\\x02', 'left', '1 minute')) as one (state, source, expires)`,
  );
  // A process whose clock is ahead takes nothing that is good.
  await new JournalStore(test1.database, new KeyedDigest([Buffer.alloc(32)])).tidy(Date.now() + 86_400_000);
  const { rows } = await test1.database.knex.raw(
    "select (select count(*) from login.used_tokens where source = 'left') as tokens, (select count(*) from login.sign_ins where source = 'left') as begun",
  );
  expect(rows).toEqual([{ tokens: 1, begun: 1 }]);
  expect(await store.claim("left", "good", good)).toBe(false);
});

test("a token that says it is good for ever is taken once, too", async () => {
  const store = new UsedTokenStore(test1.database);
  // Seconds where milliseconds are meant, and what no calendar has.
  for (const until of [Date.now() * 1000, Number.MAX_SAFE_INTEGER]) {
    await expect(store.claim("acme", `until ${until}`, until)).resolves.toBe(true);
    await expect(store.claim("acme", `until ${until}`, until)).resolves.toBe(false);
  }
});
