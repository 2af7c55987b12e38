import { isJsonList, type Json } from "../../domain/json";
import type { Difference, FileTests, MappingTestsAnswer, TestResult, Unreached } from "../../domain/mapping-tests";
import { noSourcesText } from "../../domain/no-source";
import { plain } from "../../domain/plain";
import { columns, counted, indented, inSections, wrapped } from "./layout";
import type { Palette } from "./terminal";
import { placeText, valueText, whyLines } from "./trace-text";

/** The failing tests with the reason of each, what no test reaches, and the count. */
export function testsText({ files, passed, failed }: MappingTestsAnswer, home: string, palette: Palette): string {
  if (files.length === 0) return noSourcesText(home);
  const without = files.filter(({ tests }) => tests.length === 0).map(({ file }) => file);
  const tested = files.filter(({ tests }) => tests.length > 0);
  const sections = [
    ...tested.map((file) => fileLines(file, palette)),
    without.length === 0 ? [] : [`without tests: ${without.join(", ")}`],
    [summary(passed, failed, tested.length, palette)],
  ];
  return inSections(sections);
}

function summary(passed: number, failed: number, files: number, palette: Palette): string {
  if (passed + failed === 0) return "there are no tests yet: give a mapping file some under `tests:`";
  const all = `${counted(passed + failed, "test")} of ${counted(files, "mapping")}`;
  return failed === 0 ? palette.green(`${all}: all passed`) : palette.red(`${all}: ${failed} failed`);
}

function fileLines({ file, tests, unreached }: FileTests, palette: Palette): readonly string[] {
  const failures = tests.filter((test) => !test.passed);
  const count = `${counted(tests.length, "test")}, ${failures.length === 0 ? "all passed" : `${failures.length} failed`}`;
  return [
    `${palette.bold(file)}  ${failures.length === 0 ? palette.green(count) : palette.red(count)}`,
    ...failures.flatMap((test) => indented(failureLines(test, palette))),
    ...indented(unreachedLines({ unreached }, palette)),
  ];
}

function failureLines({ it, at, because, differences }: TestResult, palette: Palette): readonly string[] {
  return [
    `${palette.red("failed")}  ${palette.bold(plain(it))}  ${placeText(at)}`,
    ...differences.flatMap((difference) => indented(differenceLines(difference, because, palette))),
  ];
}

function differenceLines(
  { field, inside, expected, actual, trace }: Difference,
  because: string | null,
  palette: Palette,
): readonly string[] {
  const isOutcome = field === null;
  const told = (value: Difference["expected"]): string =>
    isOutcome && typeof value === "string" ? plain(value) : valueText(value);
  const reason = isOutcome && because !== null ? `: ${plain(because)}` : "";
  const why = trace === null ? (isOutcome ? [] : ["the mapping says nothing about it"]) : whyLines(trace);
  return [
    isOutcome ? "the record" : plain([field, ...inside].join(".")),
    ...indented([
      palette.green(`expected  ${told(expected)}`),
      palette.red(`actual    ${told(actual)}${reason}`),
      ...itemLines(expected, actual),
      ...(trace !== null && isOutcome ? [`${plain(trace.field)}, ${placeText(trace.at)}`] : []),
      ...indented(why, isOutcome ? "  " : ""),
    ]),
  ];
}

/** Of two lists, what only one of them holds: the lists may be long. */
function itemLines(expected: Json, actual: Json): readonly string[] {
  if (!isJsonList(expected) || !isJsonList(actual) || expected.length < 2) return [];
  const without = (items: readonly Json[], others: readonly Json[]): readonly Json[] => {
    const known = new Set(others.map((item) => JSON.stringify(item)));
    return items.filter((item) => !known.has(JSON.stringify(item)));
  };
  const line = (word: string, items: readonly Json[]): readonly string[] =>
    items.length === 0 ? [] : [`${word}  ${valueText(items)}`];
  return [...line("missing ", without(expected, actual)), ...line("too many", without(actual, expected))];
}

/** What is said of many fields is said once. */
function unreachedLines({ unreached }: Pick<FileTests, "unreached">, palette: Palette): readonly string[] {
  if (unreached.length === 0) return [];
  const fieldsOf = (message: string): readonly string[] =>
    unreached.filter((one) => one.message === message).map(({ field }) => field);
  const isShared = ({ message }: Unreached): boolean => fieldsOf(message).length > 2;
  const single = unreached.filter((one) => !isShared(one));
  const shared = [...new Set(unreached.filter(isShared).map(({ message }) => message))];
  return [
    palette.yellow("not reached by the tests:"),
    ...indented([
      ...columns(single.map(({ field, at, message }) => [field, `${at.line}:${at.column}`, message])),
      ...shared.flatMap((message) => [`${message}:`, ...indented(wrapped(fieldsOf(message)))]),
    ]),
  ];
}
