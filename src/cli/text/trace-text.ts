import type { Json } from "../../domain/json";
import type { Position } from "../../domain/mapping";
import { plain } from "../../domain/plain";
import type { FieldTrace, PathRead, SourceTrace } from "../../domain/trace";
import { grouped, indented } from "./layout";

const LONGEST_VALUE = 120;

/** A value as JSON on one line, shortened; null is nothing. */
export function valueText(value: Json, longest = LONGEST_VALUE): string {
  if (value === null) return "(nothing)";
  const text = plain(JSON.stringify(value));
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${grouped(text.length)} characters)`;
}

/** `mappings/acme/users.yaml:12:5` */
export const placeText = ({ file, line, column }: Position): string => `${file}:${line}:${column}`;

/** `profile.login = "ada"` */
export const readText = ({ path, found, value }: PathRead, longest?: number): string =>
  `${plain(path)} ${found ? `= ${value === null ? "null" : valueText(value, longest)}` : "is not there"}`;

/** How a field came about, source by source: what each reads and gives, then `map`, `default` and what does not fit. */
export function whyLines({ sources, mapped, outcome, problem, value }: FieldTrace): readonly string[] {
  const through =
    mapped === null
      ? []
      : [
          `\`map\`: ${valueText(mapped.from)} ${mapped.by === "entry" ? "becomes" : "meets `_`, becomes"} ${valueText(mapped.to)}`,
        ];
  return [
    ...sources.flatMap(sourceLines),
    ...through,
    ...(outcome === "default" ? [`\`default\`: ${valueText(value)}`] : []),
    ...(problem === null
      ? []
      : [`${outcome === "dropped" ? "dropped" : "rejected"}: ${plain(problem.reason)} (${problem.code})`]),
  ];
}

function sourceLines(source: SourceTrace): readonly string[] {
  const { expression, at, reached, reads } = source;
  // An expression over several lines is told on one.
  const written = plain(expression.trim().replace(/\s+/g, " "));
  return [
    `${written}  ${reached ? resultOf(source) : "not asked: one before it is there"}  (${placeText(at)})`,
    ...indented(reached ? reads.map((read) => `read ${readText(read)}`) : []),
  ];
}

function resultOf({ problem, present, value }: SourceTrace): string {
  if (problem !== null) return `failed: ${plain(problem.reason)}`;
  if (!present) return "gave nothing";
  return `gave ${valueText(value)}`;
}
