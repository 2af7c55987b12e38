import { availableParallelism, cpus, totalmem } from "node:os";

/** Where and when something was measured. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly postgres: string;
  readonly platform: string;
  /** RFC 3339. */
  readonly at: string;
}

export const describeMachine = (postgres: string): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: availableParallelism(),
  memoryGb: Math.round(totalmem() / 1024 ** 3),
  node: process.version,
  postgres,
  platform: `${process.platform} ${process.arch}`,
  at: new Date().toISOString(),
});
