import type { InitAnswer } from "../../domain/init";
import { plain } from "../../domain/plain";
import { columns, indented } from "./layout";
import { problemsText } from "./problems-text";
import type { Palette } from "./terminal";

/** What was drafted, how sure it is, what a person must look at, and what to do next. */
export function initText(answer: InitAnswer, palette: Palette): string {
  const { source, files, written, streams, remarks, variables, problems } = answer;
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ["", palette.bold(title), ...indented(lines)];
  const warnings = problems.filter(({ message }) => !isUnsetVariable(message, variables));
  const drafted = written
    ? [`drafted ${source}:`, ...indented(files.map(({ path }) => path))]
    : files.flatMap(({ path, content }) => [palette.bold(`--- ${path}`), content.trimEnd()]);
  return [
    ...drafted,
    ...section(
      "found",
      columns(streams.map(({ name, get, sureness, missing }) => [name, get, sureness, lacking(missing)])),
    ),
    ...section("look at", columns(remarks.map(({ about, text }) => [about, text]))),
    ...section("set in .env", columns(variables.map(({ name, meaning }) => [`${name}=`, meaning]))),
    ...(warnings.length === 0 ? [] : ["", problemsText(warnings, palette)]),
    ...section(
      "next",
      written
        ? nextSteps(
            source,
            streams.map(({ into }) => into),
          )
        : [plain("the same without --dry-run")],
    ),
  ].join("\n");
}

const lacking = (missing: readonly string[]): string => (missing.length === 0 ? "" : `without ${missing.join(", ")}`);

/** Told under "set in .env" already. */
const isUnsetVariable = (message: string, variables: InitAnswer["variables"]): boolean =>
  variables.some(({ name }) => message.startsWith(`the variable \`${name}\` is`));

function nextSteps(source: string, into: readonly string[]): readonly string[] {
  const entity = into.includes("users") ? "users" : (into[0] ?? "users");
  return columns([
    ["understudy check", "after every edit"],
    [`understudy mapping test ${source}`, "the tests inside the mappings"],
    [`understudy mapping try ${entity} --source ${source} --live`, "what real records become; changes nothing"],
    [`understudy plan ${source}`, "what a first run would do; changes nothing"],
  ]);
}
