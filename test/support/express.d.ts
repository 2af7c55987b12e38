/** Express ships no types; all that is used of it here. */
declare module "express" {
  import type { RequestListener } from "node:http";

  export default function express(): RequestListener & { use(...handlers: readonly unknown[]): void };
}
