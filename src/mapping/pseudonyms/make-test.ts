import { FIELDS } from "../../domain/entities";
import { Failure } from "../../domain/errors";
import { parseFieldLabel } from "../../domain/field-label";
import type { Json, JsonObject } from "../../domain/json";
import type { Expression, Mapped, MappingSpec, MappingTest } from "../../domain/mapping";
import { storedValue } from "../stored-value";
import { dependenciesOf } from "./dependencies";
import { type Given, onlyRead, pseudonymise, type Shapes, survivors } from "./pseudonymise";
import { outcomeDifference } from "./same-outcome";

/** A test as it is written into a mapping file. */
export type MadeTest = Omit<MappingTest, "at">;

export interface TestedMapping {
  readonly mapping: MappingSpec;
  /** By which the job says that a record is gone. */
  readonly ofJob: readonly Expression[];
  /** What the API's document says of the records. */
  readonly shapes: Shapes;
}

type MapOne = (given: Given) => Promise<Mapped>;

/** How many sets of made-up values are tried, first with what the mapping reads alone, then with the whole record. */
const ATTEMPTS = [0, 1, 2];

/**
 * A test of a real record: made up, but mapping in the same way, so that it passes as long as the mapping does the same.
 *
 * @param map the production mapping
 * @throws Failure KEP003 when no made-up record maps as the real one does, or none would hide it
 */
export async function makeTest(real: Given, { mapping, ofJob, shapes }: TestedMapping, map: MapOne): Promise<MadeTest> {
  const dependencies = dependenciesOf(mapping, ofJob);
  const known = { ...dependencies, shapes };
  const expected = await map(real);
  let difference = "";
  for (const base of [onlyRead(real, dependencies), real])
    for (const attempt of ATTEMPTS) {
      const made = pseudonymise(base, known, attempt);
      const outcome = await map(made);
      const differs = outcomeDifference(expected, outcome, mapping);
      if (differs === null && survivors(base, made, known).length === 0) return testOf(made, outcome, mapping);
      difference = differs ?? "some of its values cannot be hidden";
    }
  throw new Failure(
    "KEP003",
    `the made-up record does not map as the real one does: ${difference}; nothing was written`,
    {
      fix: "the mapping decides by a value that cannot be made up: look at the record with `mapping try` and write the test by hand",
    },
  );
}

function testOf({ record: given, parent }: Given, outcome: Mapped, { into }: MappingSpec): MadeTest {
  const base = { given, ...(parent === null ? {} : { parent }) };
  switch (outcome.outcome) {
    case "rejected": {
      const field = outcome.field !== null && isNameable(into, outcome.field) ? outcome.field : null;
      const what = field === null ? "the record" : `\`${field}\``;
      return { it: `rejects a record for ${what} (${outcome.code})`, ...base, rejects: field ?? true };
    }
    case "skipped":
      return { it: `leaves a record out: ${outcome.because}`, ...base, skips: true };
    case "record":
    case "link":
      return { it: `maps a record of ${into}`, ...base, expect: expectOf(outcome, into) };
  }
}

/** `skip` and `deletes` are no fields. */
const isNameable = (into: MappingSpec["into"], field: string): boolean =>
  field === "key" || parseFieldLabel(field).isAttribute || FIELDS[into].some(({ name }) => name === field);

/** Everything that comes out; what is absent is not named. */
function expectOf(outcome: Extract<Mapped, { outcome: "record" | "link" }>, into: MappingSpec["into"]): JsonObject {
  const labels = [...(outcome.outcome === "record" ? ["key"] : []), ...FIELDS[into].map(({ name }) => name)];
  const isMapped = (label: string): boolean =>
    outcome.outcome === "link" ||
    label === "key" ||
    label in outcome.values ||
    outcome.lists.some(({ field }) => field === label);
  const fields = labels
    .filter(isMapped)
    .map((label): [string, Json] => [label, storedValue(into, label, outcome)])
    .filter(([, value]) => value !== null);
  const attributes = outcome.outcome === "record" ? outcome.attributes : {};
  return Object.fromEntries<Json>([
    ...fields,
    ...(Object.keys(attributes).length === 0 ? [] : [["attributes", attributes] as const]),
  ]);
}
