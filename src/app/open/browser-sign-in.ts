import { createHash } from "node:crypto";
import { Failure } from "../../domain/errors";
import type { BrowserSignIn } from "../../domain/live-check";
import type { LiveOutcome, LoginAnswer } from "../../domain/login";
import type { ApiServices, CodeCall } from "../../http/api/ports";
import { hashOf, makeCode } from "../../login/tokens/secrets";
import type { SignInCodeStore } from "../../mirror/api/sign-in-code-store";

/** Seconds that a code is good: the application exchanges it as soon as the browser is back. */
const CODE_LIFETIME = 60;

interface Services {
  /** @throws Failure USE002, LOG001, LOG020 */
  readonly signIn: (source: string) => Promise<BrowserSignIn>;
  readonly codes: Pick<SignInCodeStore, "keep" | "take">;
  /** The policy, after the customer's system was asked. */
  readonly conclude: (call: Omit<CodeCall, "credential">, key: string) => Promise<LoginAnswer>;
}

type NotAccepted = Exclude<LiveOutcome["outcome"], "accepted">;

type SentOn =
  | { readonly outcome: "accepted"; readonly reason: null; readonly code: string }
  | { readonly outcome: NotAccepted; readonly reason: string | null };

/** RFC 6749, 4.1.2.1: what an application is told instead of a code. */
const ERRORS: Readonly<Record<NotAccepted, string>> = {
  refused: "access_denied",
  disabled: "access_denied",
  unavailable: "temporarily_unavailable",
  indeterminate: "server_error",
};

/** From the customer's sign-in to a login: the browser carries a code, the application exchanges it. */
export function joinBrowserSignIn({ signIn, codes, conclude }: Services): Pick<
  ApiServices,
  "startSignIn" | "finishSignIn"
> & {
  readonly exchange: (call: CodeCall) => Promise<LoginAnswer>;
} {
  // Nobody waits for longer than a request may take.
  const timeout = () => AbortSignal.timeout(10_000);

  /** Somebody the mirror does not know looks like anybody who is refused; why is for the log alone. */
  async function sendOn(source: string, asked: LiveOutcome, challenge: string | null): Promise<SentOn> {
    if (asked.outcome !== "accepted")
      return { outcome: asked.outcome, reason: "reason" in asked ? asked.reason : null };
    const { key } = asked;
    if (key === null) return { outcome: "refused", reason: "nobody of that user name is in the mirror" };
    const code = makeCode();
    if (await codes.keep(hashOf(code), { source, key, challenge }, CODE_LIFETIME))
      return { outcome: "accepted", reason: null, code };
    return { outcome: "refused", reason: "nobody of that key is in the mirror" };
  }

  return {
    startSignIn: async ({ source, ...request }) => inTime(async () => (await signIn(source)).start(request, timeout())),

    async finishSignIn(source, params, browser) {
      const { outcome, returnTo, state, challenge } = await inTime(async () =>
        (await signIn(source)).finish({ params, browser }, timeout()),
      );
      const back = new URL(returnTo);
      if (state !== null) back.searchParams.set("state", state);
      const sent = await sendOn(source, outcome, challenge);
      const [name, value] = "code" in sent ? ["code", sent.code] : ["error", ERRORS[sent.outcome]];
      back.searchParams.set(name, value);
      return { address: back.href, outcome: sent.outcome, reason: sent.reason };
    },

    async exchange({ credential, ...call }) {
      const found = await codes.take(hashOf(credential.code), call.source);
      if (found === null || !provesChallenge(found.challenge, credential.verifier)) return { result: "refused" };
      return conclude(call, found.key);
    },
  };
}

/** RFC 7636: a sign-in that began with a challenge ends with the verifier that the challenge was made from. */
const provesChallenge = (challenge: string | null, verifier: string | null): boolean =>
  challenge === null
    ? verifier === null
    : verifier !== null && createHash("sha256").update(verifier).digest("base64url") === challenge;

/** An identity provider that does not answer is out of reach. */
async function inTime<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure && error.code === "RUN004")
      throw new Failure("UPS002", "the customer's identity provider did not answer in time", { cause: error });
    throw error;
  }
}
