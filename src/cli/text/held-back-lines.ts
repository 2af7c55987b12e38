import { type RunReport, wholeRunAfter } from "../../domain/runs";
import { evidenceLines } from "./hold-text";
import { counted } from "./layout";
import type { Palette } from "./terminal";

/**
 * What a run held without a hold to release, and how it gets decided: what a run of a part of the source says cannot be
 * released.
 */
export function heldBackLines(report: RunReport, palette: Palette): readonly string[] {
  const { run, heldBack } = report;
  if (heldBack === undefined) return [];
  return [
    `${palette.yellow("held back")}  ${counted(heldBack.count, "change")} by run ${run}, which read only part of the source, so no hold was opened`,
    ...evidenceLines(heldBack.evidence),
    `  to have all of it held for a decision:  ${palette.cyan(wholeRunAfter(report))}`,
  ];
}
