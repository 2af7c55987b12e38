import { isError, type Problem } from "../../domain/errors";
import type { MappingSpec } from "../../domain/mapping";
import { readMapping } from "../read-mapping";
import { MAPPING_CODES } from "../yaml/entry";
import { parseYaml } from "../yaml/parse-yaml";

/** A drafted file as every other file is read. What is drafted must be readable, so anything else is a bug. */
export function specOf(file: string, text: string): MappingSpec {
  const problems: Problem[] = [];
  const root = parseYaml(file, text, MAPPING_CODES, problems);
  const spec = root === null ? null : readMapping(root);
  const wrong = problems.find(isError);
  if (spec !== null && wrong === undefined) return spec;
  throw new Error(`the draft of ${file} is not valid: ${wrong?.message ?? "it cannot be read"} in\n${text}`);
}
