/** Bounds that hold whatever the other side sends. Times in milliseconds. */
export interface Limits {
  /** Name lookup, TCP and TLS together. */
  readonly connect: number;
  /** From the request to the last header. */
  readonly headers: number;
  /** Between two pieces of a body. */
  readonly idle: number;
  /** Of one body, after decompression. */
  readonly bytes: number;
  /** Of arrays and objects within each other. */
  readonly depth: number;
  /** The longest `Retry-After` that is waited for. */
  readonly retryAfter: number;
  /** Pages of one enumeration. */
  readonly pages: number;
}

export const DEFAULT_LIMITS: Limits = {
  connect: 5_000,
  headers: 10_000,
  idle: 15_000,
  bytes: 16 * 1024 * 1024,
  depth: 256,
  retryAfter: 3_600_000,
  pages: 100_000,
};
