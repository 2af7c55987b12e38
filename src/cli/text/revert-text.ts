import type { RevertPlan } from "../../domain/answers";
import { plain } from "../../domain/plain";
import { type NewerChange, revertCommand } from "../../domain/revert";
import { firstFew, grouped, indented, inSections } from "./layout";
import { accessLines, changeLines, type Detail } from "./plan-text";
import { revertedLines } from "./reverted-lines";
import type { Palette } from "./terminal";

const NEWER_SHOWN = 20;

/** Who gains or loses access, then every record, then what changed since, the counts, and the command that does exactly this. */
export function revertPlanText(plan: RevertPlan, detail: Detail, palette: Palette): string {
  const { changes, access, accessTotal, listed, newer, newerTotal, keepNewer } = plan;
  const command = revertCommand(plan);
  const told = { access, accessTotal, changes: listed, changesTotal: changes };
  const rest = `${command} --full`;
  const how = { detail, rest };
  const sections: readonly (readonly string[])[] = [
    access.length > 0 ? accessLines(told, how, palette) : changes > 0 ? ["nobody gains or loses access"] : [],
    changeLines(told, how, palette),
    newerTotal === 0
      ? []
      : [
          palette.yellow(`changed since, and ${keepNewer ? "left alone" : "in the way"}: ${grouped(newerTotal)}`),
          ...indented(
            firstFew(
              newer,
              { limit: detail === "full" ? newer.length : NEWER_SHOWN, total: newerTotal, rest },
              (one) => [newerLine(one)],
            ),
          ),
        ],
    changes === 0 ? nothingLines(plan, palette) : revertedLines(plan, palette),
    ...(changes > 0 && (newerTotal === 0 || keepNewer)
      ? [["nothing was changed; to do exactly this:", `  ${palette.cyan(`${command} --expect ${changes}`)}`]]
      : []),
  ];
  return inSections(sections);
}

/** A username taken for a key finds nothing either. */
const nothingLines = (plan: RevertPlan, palette: Palette): readonly string[] => {
  const { run, source, user, newerTotal } = plan;
  const head = palette.bold(`run ${run}  ${source}`);
  if (newerTotal > 0 && !plan.keepNewer)
    return [
      `${head}  nothing can be put back: all of it changed since`,
      `  undo what came later first, or leave it alone: understudy revert ${run} --keep-newer`,
    ];
  const nothing = `${head}  nothing to put back`;
  return user === null || newerTotal > 0
    ? [nothing]
    : [
        `${nothing} of the user with the key ${plain(user)}: the run changed nothing there, or all of it is back`,
        `  people are named by the customer's key; what the run changed: understudy revert ${run}`,
      ];
};

function newerLine({ entity, key, related, scope, field, because, run }: NewerChange): string {
  const object = `${entity} ${key}${related === null ? "" : ` -> ${related}`}${scope === null ? "" : ` in ${scope}`}`;
  return plain(`${object}${field === null ? "" : ` ${field}`}: ${because}${run === null ? "" : ` (run ${run})`}`);
}
