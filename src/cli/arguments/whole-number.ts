import { InvalidArgumentError } from "commander";

/** Of an argument that numbers or limits something. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("it must be a whole number from 1 to 999999999");
  return Number(text);
}

/** Of an argument that tells how many somebody has seen, which may be none. */
export function wholeNumberOrZero(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("it must be a whole number");
  return Number(text);
}
