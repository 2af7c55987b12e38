import type { LoginAnswer, LoginStep } from "../domain/login";
import type { Attempt, Known, LoginPorts } from "./ports";
import { cannotSay, REFUSED, type Verdict } from "./verdict";

/** When to come again for a login of which others are under way; seconds. */
const SOON = 1;

/** Decides a login within the limits on failures: not while too many stand, and it counts as under way until it has ended. */
export async function decideWithinLimits(
  { attempts, journal, clock }: Pick<LoginPorts, "attempts" | "journal" | "clock">,
  attempt: Attempt,
  {
    decide,
    lockedOut = async () => REFUSED,
    tell,
  }: {
    readonly decide: (known: Known) => Promise<Verdict>;
    /** What a wrong password would be answered, in the time that it would take. */
    readonly lockedOut?: (known: Known) => Promise<Verdict>;
    readonly tell: (step: LoginStep) => void;
  },
): Promise<LoginAnswer> {
  const now = clock.now();
  const { admission, ...known } = await attempts.begin(attempt, now);
  await journal.saw(now, known.seenAt);
  if (!admission.admitted) {
    if (admission.because === "busy") {
      tell({ step: "limits", found: "as many logins of this name are under way as may fail" });
      return cannotSay(SOON).answer;
    }
    tell({ step: "limits", found: `too many failures by this ${admission.because}` });
    if (admission.because === "address") return cannotSay(admission.retryAfter).answer;
    return (await lockedOut(known)).answer;
  }
  tell({ step: "limits", found: "may try" });
  let counts: Verdict["counts"] = "neither";
  try {
    const verdict = await decide(known);
    counts = verdict.counts;
    return verdict.answer;
  } finally {
    if (counts !== "succeeded") await admission.settle(counts);
  }
}
