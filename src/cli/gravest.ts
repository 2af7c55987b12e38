/** From the gravest: a bug, our own store, invalid files, upstream, a plan that no longer fits, busy, held, rejects. */
const ORDER = [1, 8, 3, 4, 9, 7, 6, 5, 0];

/** The exit code of several runs. An interruption ends them all, so it stands above. */
export function gravest(exitCodes: readonly number[]): number {
  const rank = (code: number): number => ORDER.indexOf(code);
  return [...exitCodes].sort((a, b) => rank(a) - rank(b))[0] ?? 0;
}
