import type { Json } from "../../domain/json";
import { plain } from "../../domain/plain";
import type { ValueChange, WhyAnswer } from "../../domain/why";
import { causedBy } from "./caused-by";
import { columns, indented, moment } from "./layout";
import type { Palette } from "./terminal";
import { placeText, valueText, whyLines } from "./trace-text";

/** The value, who states it, what set it and what was before; then the mapping, and what it read from which record. */
export function whyText(answer: WhyAnswer, palette: Palette): string {
  const { source, key, field, value, masked, origins, change, at, record, trace, otherwise, notes } = answer;
  return [
    `${palette.bold(plain(field))}  ${shown(value)}${masked && value !== null ? palette.dim("  (masked)") : ""}`,
    ...indented([
      ...columns([
        ["user", `${source}/${key}`],
        ...origins.map(({ origin, items }) => ["stated by", `${origin}: ${shown(items)}`]),
        ...changeRows(change, value),
        ...(at === null ? [] : [["mapping", placeText(at)]]),
        ...(record === null ? [] : [["record", recordText(record)]]),
      ]),
      ...(trace === null ? [] : ["", ...whyLines(trace)]),
      ...(otherwise === null ? [] : ["", palette.yellow(otherwiseText(otherwise))]),
      ...notes.map((note) => palette.yellow(plain(note))),
    ]),
  ].join("\n");
}

function changeRows(change: ValueChange | null, value: Json): readonly (readonly string[])[] {
  if (change === null) return [["set", "the audit tells of no change of it"]];
  const set = ["set", `${moment(change.at)}, ${causedBy(change)}`];
  if (change.kind === "create")
    return [set, ["because", value === null ? "the person came without it" : "the person came with it"]];
  const causes = change.cause.split(", ").map((cause) => BECAUSE[cause] ?? cause);
  return [set, ["because", causes.join("; ")], ["before", shown(change.before)]];
}

/** What a cause means for one value. */
const BECAUSE: Readonly<Record<string, string>> = {
  upstream: "the customer's system changed it",
  mapping: "the mapping was edited; the customer's system did not change it",
  rejected: "the record is rejected, but says that the person may not sign in any more",
  reverted: "a person undid a run",
  rekey: "the key was renamed, by a person who asked for it",
  "end-returned": "what it names came, or came back",
  "end-gone": "what it names went",
  local: "a role was given or taken here",
  expired: "the time of a role that was given here was over",
};

const shown = (value: Json): string =>
  Array.isArray(value)
    ? value.length === 0
      ? "none"
      : value.map((item) => itemText(item)).join(", ")
    : valueText(value);

const itemText = (item: Json): string => (typeof item === "string" ? plain(item) : valueText(item));

const recordText = ({ from, run, at }: NonNullable<WhyAnswer["record"]>): string =>
  from === "live" ? "as the customer's system sends it now" : `as run ${run} met it first, ${moment(at ?? "")}`;

const otherwiseText = ({ value, because }: NonNullable<WhyAnswer["otherwise"]>): string =>
  plain(value === null ? `now it would be nothing: ${because}` : `now it would be ${shown(value)}: ${because}`);
