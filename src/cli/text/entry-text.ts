import type { ExportedEntry } from "../../domain/audit";
import { plain } from "../../domain/plain";
import { causedBy } from "./caused-by";
import { moment } from "./layout";
import { describeChange } from "./plan-text";
import type { Palette } from "./terminal";

/** An entry of the audit, of which an answer about one person leaves out what is the same of all. */
type ToldEntry = Omit<ExportedEntry, "id" | "owner">;

/** One line for the entry, and one for each field of it. @param place of which source it is, where that is not plain */
export function entryLines(entry: ToldEntry, palette: Palette, place = ""): readonly string[] {
  // The cause is told with the rest of the story, whatever it is.
  const [what, ...fields] = describeChange({ ...entry, cause: "upstream" }, palette);
  const of = place === "" ? "" : `${plain(place)}  `;
  return [`${moment(entry.at)}  ${of}${what}  ${palette.dim(causedBy(entry))}`, ...fields];
}

/** The columns of an entry in csv. */
export const ENTRY_COLUMNS = [
  ...["at", "kind", "entity", "key", "related", "scope", "old", "new"],
  ...["cause", "actor", "reason", "run", "origin"],
];

export const entryCells = (entry: ToldEntry): readonly (string | number | null)[] => [
  entry.at,
  entry.kind,
  entry.entity,
  entry.key,
  entry.related,
  entry.scope,
  ...[entry.old, entry.new].map((values) => (values === null ? null : JSON.stringify(values))),
  entry.cause,
  entry.actor,
  entry.reason,
  entry.run,
  entry.origin,
];
