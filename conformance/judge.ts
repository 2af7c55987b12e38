import { askCompiled, askReference, type Bounds, type Compile, type FallBack, type Question, refusalOf } from "./ask";
import { isSameOutcome, type Outcome } from "./outcome";

/** What became of one expression on one input. */
export type Verdict =
  /** The parser does not take it. */
  | { readonly is: "refused"; readonly code: string }
  | { readonly is: "not compiled"; readonly construct: string; readonly position: number }
  /** Compiled code gave what the reference gives. */
  | { readonly is: "equal"; readonly outcome: Outcome }
  /** Compiled code left the answer to the reference; null when that did not come to an end. */
  | { readonly is: "fallen back"; readonly because: FallBack; readonly outcome: Outcome | null }
  /** Compiled code answered, the reference did not come to an end. */
  | { readonly is: "not judged" }
  | { readonly is: "wrong"; readonly compiled: Outcome; readonly reference: Outcome };

/** Puts one question to compiled code and to the reference. What does not compile is not evaluated: it may never end. */
export async function judge(question: Question, bounds: Bounds, compile?: Compile): Promise<Verdict> {
  const refusal = refusalOf(question);
  if (refusal !== null) return { is: "refused", code: refusal };
  const compiled = askCompiled(question, compile);
  if (!compiled.compiles) return { is: "not compiled", construct: compiled.construct, position: compiled.position };
  const reference = await askReference(question, bounds);
  const { outcome } = compiled;
  if (typeof outcome === "string") return { is: "fallen back", because: outcome, outcome: reference };
  if (reference === null) return { is: "not judged" };
  if (!isSameOutcome(outcome, reference)) return { is: "wrong", compiled: outcome, reference };
  return { is: "equal", outcome: reference };
}
