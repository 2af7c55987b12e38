import type { HoldAnswer } from "../../domain/answers";
import { holdText } from "./hold-text";
import { inSections } from "./layout";
import { accessLines, changeLines, type Detail } from "./plan-text";
import type { Palette } from "./terminal";

/** What is held and why, then who would gain or lose access by it, then the records. */
export function heldText(answer: HoldAnswer, detail: Detail, palette: Palette): string {
  const how = { detail, rest: `understudy hold show ${answer.hold.run} --full` };
  // All of it is held.
  const told = {
    ...answer,
    access: answer.access.map((one) => ({ ...one, held: false })),
    changes: answer.changes.map((one) => ({ ...one, held: false })),
  };
  return inSections([
    [holdText(answer.hold, palette)],
    answer.access.length === 0 ? ["nobody would gain or lose access"] : accessLines(told, how, palette),
    changeLines(told, how, palette),
  ]);
}
