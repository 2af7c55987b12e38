import { Refusal } from "./refusal";

/** A regular expression that is matched in linear time. */
export interface Pattern {
  readonly source: string;
}

export function patternOf(_regex: RegExp, position: number): Pattern {
  throw new Refusal("a regular expression", position);
}
