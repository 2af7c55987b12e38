const UNITS = [
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
  { name: "s", ms: 1_000 },
  { name: "ms", ms: 1 },
] as const;

/** A duration for people, in the largest unit that needs at most one decimal, e.g. `1.5 s`, `15 min`. */
export const duration = (ms: number): string => {
  const unit = UNITS.find((u) => ms >= u.ms && Number.isInteger((ms * 10) / u.ms)) ?? UNITS[3];
  return `${Math.round((ms * 10) / unit.ms) / 10} ${unit.name}`;
};
