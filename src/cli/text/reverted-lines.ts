import type { RevertSummary } from "../../domain/revert";
import { columns, counted, grouped, indented } from "./layout";
import type { Palette } from "./terminal";

/** What of a run is or would be put back, entity under entity. */
export function revertedLines({ run, changes, counts, applied }: RevertSummary, palette: Palette): readonly string[] {
  const words = applied ? { gone: "removed", put: "put back" } : { gone: "to be removed", put: "to be put back" };
  const rows = Object.entries(counts).map(([entity, count]) => [
    entity,
    ...[
      ["restored", count.restored],
      [words.gone, count.gone],
      ["with their old values", count.changed],
      ["granted", count.granted],
      ["revoked", count.revoked],
    ]
      .filter(([, number]) => number !== 0)
      .map(([word, number]) => `${grouped(Number(number))} ${word}`),
  ]);
  return [palette.bold(`${words.put} of run ${run}: ${counted(changes, "change")}`), ...indented(columns(rows))];
}
