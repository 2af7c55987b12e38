import type { LoginAnswer, LoginStep } from "../domain/login";
import type { Attempt, Known, LoginPorts } from "./ports";
import { cannotSay, REFUSED, type Verdict } from "./verdict";

/** A login between the counts of failures: not begun while too many stand, and counted as failed until it is known better. */
export async function countFailures(
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
