import { Counter, type Registry } from "prom-client";

/** Makes counters of Understudy, whose names all begin alike. */
export const counterIn =
  (registry: Registry) =>
  <L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name: `understudy_${name}`, help, labelNames: [...labelNames], registers: [registry] });
