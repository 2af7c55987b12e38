import { BAIL, OUT_OF_FUEL } from "./outcomes";

/** What a record may cost, in characters written; about a mebibyte of them, or some tens of milliseconds. */
const TANK = 1_000_000;

/** What other work costs, measured: a unit is some tens of nanoseconds of code that is not yet optimized. */
export const COST = { copy: 2, visit: 4, property: 8, compare: 16, make: 32 } as const;

/** What is left for the record at hand. One for all: compiled code runs to its end before other code runs. */
export const fuel = { left: TANK };

export function refuel(): void {
  fuel.left = TANK;
}

/** Takes `amount`; throws `OutOfFuel` when there is less. */
export function charge(amount: number): void {
  fuel.left -= amount;
  if (fuel.left < 0) throw OUT_OF_FUEL;
}

/** Names of that many properties were listed: beyond some, V8 keeps them in a table, which is slow to walk and to fill. */
export function chargeNames(count: number): void {
  charge(count * (count > 500 ? COST.make : COST.property));
}

/** A text that was just made, paid for by its length: texts beyond a mebibyte in sum end the record. */
export function paid(text: string): string {
  charge(text.length);
  return text;
}

export function bail(): never {
  throw BAIL;
}
