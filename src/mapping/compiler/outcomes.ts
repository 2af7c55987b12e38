/** The fast code does not answer: the reference must. Thrown, without a stack, as the one value `BAIL`. */
export class Bail extends Error {}

/** An expression did more than a record may cost. Thrown as the one value `OUT_OF_FUEL`. */
export class OutOfFuel extends Error {}

// Made once: an error's stack costs more than the expressions it would stand for.
export const BAIL = withoutStack(new Bail("the reference must answer"));
export const OUT_OF_FUEL = withoutStack(new OutOfFuel("the expression does too much"));

/** What compiled code is taken to have thrown: what exhausts the stack does too much, what no code expects is the reference's. */
export function outcomeOf(error: unknown): unknown {
  if (error instanceof RangeError) return OUT_OF_FUEL;
  return error instanceof TypeError ? BAIL : error;
}

function withoutStack<E extends Error>(error: E): E {
  error.stack = `${error.name}: ${error.message}`;
  return Object.freeze(error);
}
