import type { HoldEvidence, HoldSummary } from "../../domain/holds";
import { plain } from "../../domain/plain";
import { counted, moment } from "./layout";
import type { Palette } from "./terminal";

/** What is held, why, and the very commands that decide it. */
export function holdText(hold: HoldSummary, palette: Palette): string {
  const { run, source, count, state, evidence, heldAt, decidedBy, reason, expiresAt } = hold;
  const decided = decidedBy === null ? "" : `, by ${decidedBy}${reason === null ? "" : `: ${plain(reason)}`}`;
  const until = state === "released" && expiresAt !== null ? `, until ${moment(expiresAt)}` : "";
  return [
    `${palette.yellow("held")}  run ${run}  ${source}  ${counted(count, "change")} since ${moment(heldAt)}  (${state}${decided}${until})`,
    ...evidenceLines(evidence),
    ...(state === "open"
      ? [
          `  to see them:       ${palette.cyan(`understudy hold show ${run}`)}`,
          `  if that is right:  ${palette.cyan(`understudy hold release ${run} --expect ${count}`)}`,
          `  if it is not:      ${palette.cyan(`understudy hold reject ${run}`)}`,
        ]
      : []),
    ...(state === "released"
      ? [
          "  until then the next run applies it",
          `  to withdraw it:    ${palette.cyan(`understudy hold reject ${run}`)}`,
        ]
      : []),
  ].join("\n");
}

/** One line for each reason, with its own numbers: two rules may hold different changes for the same reason. */
export const evidenceLines = (evidence: readonly HoldEvidence[]): readonly string[] => [
  ...new Set(evidence.map(({ entity, message }) => `  ${entity}: ${plain(message)}`)),
];
