/** G18: a wrong password is never accepted, whatever the customer's system does; only what is out of reach falls back. */
import type { LiveOutcome } from "../../../src/domain/login";
import { LoginWorld } from "../../support/login-world";

type Unavailable = Extract<LiveOutcome, { outcome: "unavailable" }>["reason"];
type Unclear = Extract<LiveOutcome, { outcome: "indeterminate" }>["reason"];

const yes = (key: string | null = "ada"): LiveOutcome => ({ outcome: "accepted", key });
const no: LiveOutcome = { outcome: "refused" };
const disabled = (key: string | null = "ada"): LiveOutcome => ({ outcome: "disabled", key });
const away = (reason: Unavailable): LiveOutcome => ({ outcome: "unavailable", reason });
const unclear = (reason: Unclear): LiveOutcome => ({ outcome: "indeterminate", reason });

/** What the customer's system does, call by call, and what that makes of the login: `mirror` leaves it to the verifier. */
type Row = readonly [
  name: string,
  script: (LiveOutcome | "hang")[],
  means: "live" | "refused" | "mirror" | "unavailable",
];

const OUTCOMES: readonly Row[] = [
  ["yes", [yes()], "live"],
  ["a dropped connection, then yes", [away("network"), yes()], "live"],
  ["yes to a person by another key", [yes("bob")], "live"],
  ["yes to somebody whom the mirror does not hold", [yes("stranger")], "refused"],
  ["yes to a user name that nobody has here", [yes(null)], "refused"],
  ["yes to somebody who is gone", [yes("gone")], "refused"],
  ["yes to somebody who is disabled here", [yes("off")], "refused"],
  ["yes to somebody who is locked here", [yes("locked")], "refused"],
  ["yes to somebody whose time is over", [yes("over")], "refused"],
  ["yes to somebody whose time has not begun", [yes("early")], "refused"],
  ["a dropped connection, then yes to a stranger", [away("network"), yes("stranger")], "refused"],
  ["no", [no], "refused"],
  ["a dropped connection, then no", [away("network"), no], "refused"],
  ["no, though the next would be yes", [no, yes()], "refused"],
  ["disabled", [disabled()], "refused"],
  ["disabled, of whom is not told", [disabled(null)], "refused"],
  ["disabled, of somebody else", [disabled("bob")], "refused"],
  ["disabled, of a stranger", [disabled("stranger")], "refused"],
  ["a dropped connection, then disabled", [away("network"), disabled()], "refused"],
  ["a dropped connection twice", [away("network"), away("network")], "mirror"],
  ["a dropped connection twice, though a third would be yes", [away("network"), away("network"), yes()], "mirror"],
  ["late", [away("timeout")], "mirror"],
  ["late, though the next would be yes", [away("timeout"), yes()], "mirror"],
  ["5xx", [away("server-error")], "mirror"],
  ["5xx, though the next would be no", [away("server-error"), no], "mirror"],
  ["our own account refused", [away("service-account")], "mirror"],
  ["a breaker of its own", [away("breaker")], "mirror"],
  ["no answer at all", ["hang"], "mirror"],
  ["a dropped connection, then late", [away("network"), away("timeout")], "mirror"],
  ["a dropped connection, then 5xx", [away("network"), away("server-error")], "mirror"],
  ["a dropped connection, then our own account refused", [away("network"), away("service-account")], "mirror"],
  ["a dropped connection, then no answer at all", [away("network"), "hang"], "mirror"],
  ["429", [unclear("rate-limited")], "unavailable"],
  ["nonsense", [unclear("nonsense")], "unavailable"],
  ["a redirect", [unclear("redirect")], "unavailable"],
  ["a bad certificate", [unclear("certificate")], "unavailable"],
  ["an answer that nothing maps", [unclear("unmapped")], "unavailable"],
  ["a dropped connection, then 429", [away("network"), unclear("rate-limited")], "unavailable"],
  ["a dropped connection, then nonsense", [away("network"), unclear("nonsense")], "unavailable"],
  ["a dropped connection, then a redirect", [away("network"), unclear("redirect")], "unavailable"],
  ["a dropped connection, then a bad certificate", [away("network"), unclear("certificate")], "unavailable"],
];

const CASES = OUTCOMES.flatMap((row) =>
  ([true, false] as const).flatMap((cached) =>
    ([true, false] as const).map((right) => ({ name: row[0], script: row[1], means: row[2], cached, right })),
  ),
);

function world(): LoginWorld {
  const made = new LoginWorld();
  for (const key of ["ada", "bob", "gone", "off", "locked", "over", "early"]) made.person(key);
  made.person("off", { status: "disabled" });
  made.person("locked", { status: "locked" });
  made.person("over", { validUntil: made.now });
  made.person("early", { validFrom: made.now + 1 });
  for (const person of made.people.values()) if (person.key === "gone") person.present = false;
  // Also who may not sign in has one, as if nobody had taken it away.
  for (const key of made.people.keys()) made.verifierOf(key, "right");
  made.policy = { ...made.policy, deadline: 30 };
  return made;
}

test("there are forty-one of them", () => expect(OUTCOMES).toHaveLength(41));

test.each(CASES)("$name; cached: $cached, right password: $right", async ({ script, means, cached, right }) => {
  const made = world();
  if (!cached) made.verifiers.clear();
  made.script = [...script];
  const answer = await made.login("ada", right ? "right" : "wrong");
  const told = answer.result === "accepted" ? answer.basis : answer.result;
  const byMirror = cached ? (right ? "mirror" : "refused") : "unavailable";
  expect(told).toBe(means === "mirror" ? byMirror : means);
});

test.each(["open", "drill"] as const)("a breaker that is %s asks nobody and leaves it to the mirror", async (state) => {
  const made = world();
  made.breakerState = state;
  expect(await made.login("ada", "right")).toMatchObject({ result: "accepted", basis: "mirror" });
  expect(await made.login("ada", "wrong")).toEqual({ result: "refused" });
  expect(made.asked).toEqual([]);
  expect(made.suspicions).toEqual([]);
});

test("what is out of reach makes a probe look, our own account being refused an alert", async () => {
  const made = world();
  made.script = [away("timeout")];
  await made.login("ada", "right");
  expect([made.suspicions, made.alerts]).toEqual([["acme"], []]);
  made.script = [away("service-account")];
  await made.login("ada", "right");
  expect([made.suspicions, made.alerts]).toEqual([["acme"], ["service-account"]]);
});

test("an upstream no drops the verifier that this password would open, and no other", async () => {
  const made = world();
  made.script = [no];
  await made.login("ada", "wrong");
  expect(made.verifiers.has("ada")).toBe(true);
  await made.login("ada", "right");
  expect(made.verifiers.has("ada")).toBe(false);
  made.script = [disabled("bob")];
  await made.login("ada", "wrong");
  expect(made.verifiers.has("bob")).toBe(false);
});

describe("tokens", () => {
  test.each(OUTCOMES)("%s", async (_, script, means) => {
    const made = world();
    made.script = [...script];
    const answer = await made.token("t");
    const told = answer.result === "accepted" ? answer.basis : answer.result;
    // The mirror keeps nothing to check a token against.
    expect(told).toBe(means === "mirror" ? "unavailable" : means);
  });
});
