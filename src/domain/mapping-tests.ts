/** What running the tests of mapping files answers. */
import type { Json } from "./json";
import type { Mapped, Position } from "./mapping";
import type { FieldTrace } from "./trace";

export interface MappingTestsAnswer {
  readonly files: readonly FileTests[];
  readonly passed: number;
  readonly failed: number;
}

/** The tests of one mapping file. */
export interface FileTests {
  readonly source: string;
  readonly entity: string;
  readonly file: string;
  readonly tests: readonly TestResult[];
  /** What no test of the file reaches; never a failure. Empty when it has no tests. */
  readonly unreached: readonly Unreached[];
}

export interface TestResult {
  readonly it: string;
  readonly at: Position;
  readonly passed: boolean;
  readonly outcome: Mapped["outcome"];
  /** Why it is rejected or left out, in plain words; null for what is mapped. */
  readonly because: string | null;
  /** None when it passed. */
  readonly differences: readonly Difference[];
}

/** Something a test expects and the mapping does not give. */
export interface Difference {
  /** As reasons call it; null when the outcome differs, such as a reject where a record is expected. */
  readonly field: string | null;
  /** Names of properties within the field's value, where only a part of it differs. */
  readonly inside: readonly string[];
  /** Null where nothing is expected. For an outcome, its words. */
  readonly expected: Json;
  readonly actual: Json;
  /** How what is there came about; null when the mapping says nothing about the field. */
  readonly trace: FieldTrace | null;
}

/** A part of a mapping that no test reaches. */
export interface Unreached {
  readonly field: string;
  readonly at: Position;
  readonly message: string;
}
