import { EXIT } from "../domain/exit-codes";

/** The gravest first. Usage stands beside files: both stay wrong until somebody corrects them. */
const ORDER: readonly number[] = [
  EXIT.bug,
  EXIT.store,
  EXIT.files,
  EXIT.usage,
  // Of a run whose worker was told to end; it goes on with the next.
  EXIT.upstream,
  EXIT.interrupted,
  EXIT.drift,
  EXIT.busy,
  EXIT.held,
  EXIT.rejects,
  EXIT.done,
];

/** The exit code of several runs. An interruption of the command itself ends them all, so it stands above. */
export function gravest(exitCodes: readonly number[]): number {
  const rank = (code: number): number => ORDER.indexOf(code);
  return [...exitCodes].sort((a, b) => rank(a) - rank(b))[0] ?? EXIT.done;
}
