const UNITS = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "m", ms: 60_000 },
  { name: "s", ms: 1_000 },
] as const;

/** A duration as job files write it, e.g. `12h`, `90s`: in the largest unit of which it is a whole number. */
export function durationText(ms: number): string {
  const unit = UNITS.find((each) => ms >= each.ms && ms % each.ms === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit.ms}${unit.name}`;
}
