import { FORMATS, type Format } from "../answer";

const OUTPUT = /^(?:--output=|-o=?)(?<format>.+)$/;

/** How an answer is asked for by a command line that cannot be read: whoever reads JSON gets one for its mistakes, too. */
export function askedFormat(argv: readonly string[]): Format {
  const end = argv.indexOf("--");
  const options = end === -1 ? argv : argv.slice(0, end);
  const asked = options.map((option, at) => {
    if (option === "--json") return "json";
    if (option === "-o" || option === "--output") return options[at + 1];
    return OUTPUT.exec(option)?.groups?.format;
  });
  return FORMATS.find((format) => format.startsWith("json") && asked.includes(format)) ?? "text";
}
