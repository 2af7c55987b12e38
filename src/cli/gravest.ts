import { EXIT } from "./exit-codes";

/** From the gravest: a bug, our own store, invalid files, upstream, a plan that no longer fits, busy, held, rejects. */
const ORDER: readonly number[] = [
  ...[EXIT.bug, EXIT.store, EXIT.files, EXIT.upstream],
  ...[EXIT.drift, EXIT.busy, EXIT.held, EXIT.rejects, EXIT.done],
];

/** The exit code of several runs. An interruption ends them all, so it stands above. */
export function gravest(exitCodes: readonly number[]): number {
  const rank = (code: number): number => ORDER.indexOf(code);
  return [...exitCodes].sort((a, b) => rank(a) - rank(b))[0] ?? EXIT.done;
}
