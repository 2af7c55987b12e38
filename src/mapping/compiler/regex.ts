/** A regular expression that is matched in linear time. */
export interface Pattern {
  readonly source: string;
}
