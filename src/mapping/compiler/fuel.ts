import { BAIL, OUT_OF_FUEL } from "./outcomes";

/** What a record may cost, in items visited and characters written. */
const TANK = 1_000_000;

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

/** A text that was just made, paid for by its length: texts beyond a mebibyte in sum end the record. */
export function paid(text: string): string {
  charge(text.length);
  return text;
}

export function bail(): never {
  throw BAIL;
}
