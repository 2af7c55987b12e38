/** What a browser is sent back with, and what the log is told of it. */
import { joinBrowserSignIn } from "../../../../src/app/open/browser-sign-in";
import type { LiveOutcome } from "../../../../src/domain/login";

const never = async (): Promise<never> => {
  throw new Error("not asked for");
};

/** @param known whether the mirror has that person */
async function finish(outcome: LiveOutcome, known = true) {
  const { finishSignIn } = joinBrowserSignIn({
    signIn: async () => ({
      start: never,
      finish: async () => ({ outcome, returnTo: "https://app.example/back", state: "s1", challenge: null }),
      close: async () => undefined,
    }),
    codes: { keep: async () => known, take: async () => null },
    conclude: never,
  });
  const { address, ...told } = await finishSignIn("acme", new URLSearchParams(), null);
  const { code, ...query } = Object.fromEntries(new URL(address).searchParams);
  return { ...told, hasCode: code !== undefined, query };
}

test("a yes is sent on as a code", async () => {
  expect(await finish({ outcome: "accepted", key: "u1" })).toEqual({
    outcome: "accepted",
    reason: null,
    hasCode: true,
    query: { state: "s1" },
  });
});

test.each<[string, LiveOutcome, boolean, object]>([
  [
    "a user name that nobody has",
    { outcome: "accepted", key: null },
    true,
    { outcome: "refused", reason: "nobody of that user name is in the mirror" },
  ],
  [
    "a key that nobody has",
    { outcome: "accepted", key: "u1" },
    false,
    { outcome: "refused", reason: "nobody of that key is in the mirror" },
  ],
  ["a no", { outcome: "refused" }, true, { outcome: "refused", reason: null }],
  ["who is disabled there", { outcome: "disabled", key: "u1" }, true, { outcome: "disabled", reason: null }],
])("%s is an access_denied, and no yes in the log", async (_, outcome, known, told) => {
  expect(await finish(outcome, known)).toEqual({
    ...told,
    hasCode: false,
    query: { state: "s1", error: "access_denied" },
  });
});

test.each<[LiveOutcome, string]>([
  [{ outcome: "unavailable", reason: "timeout" }, "temporarily_unavailable"],
  [{ outcome: "indeterminate", reason: "nonsense" }, "server_error"],
])("%j is told with its reason", async (outcome, error) => {
  expect(await finish(outcome)).toEqual({ ...outcome, hasCode: false, query: { state: "s1", error } });
});
