import fc from "fast-check";
import { isWhole, seed } from "./chance";

const RUNS = 100;

/**
 * Holds a property against random values, of which it finds a small one that breaks it.
 *
 * @param runs against so many; four times as many in the whole campaign
 */
export function holds<Values>(property: fc.IProperty<Values>, runs?: number): void;
export function holds<Values>(property: fc.IAsyncProperty<Values>, runs?: number): Promise<void>;
export function holds<Values>(property: fc.IRawProperty<Values>, runs = RUNS): void | Promise<void> {
  return fc.assert(property as fc.IProperty<Values>, { seed, numRuns: isWhole ? 4 * runs : runs });
}
