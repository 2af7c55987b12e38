import type { AccessChange, PlanAnswer } from "../../domain/answers";
import type { Change } from "../../domain/changes";
import type { Json } from "../../domain/json";
import { plain } from "../../domain/plain";
import { counted, firstFew, grouped, indented, inSections, moment, named } from "./layout";
import { reportText } from "./report-text";
import type { Palette } from "./terminal";

/** How many people and changes are told of a list: none, the first of them, or all. */
export type Detail = "short" | "usual" | "full";

const SHOWN: Readonly<Record<Detail, number>> = { short: 0, usual: 20, full: Number.POSITIVE_INFINITY };

export const detailOf = ({ full, short }: Readonly<Partial<Record<"full" | "short", true | undefined>>>): Detail =>
  full === true ? "full" : short === true ? "short" : "usual";

const LONGEST_VALUE = 60;

/** Who gains or loses access, then the records, then the counts, and the command that does exactly this. */
export function planText(plan: PlanAnswer, detail: Detail, palette: Palette): string {
  const { report, expiresAt, changesTotal } = plan;
  const rest = `understudy plan ${report.source} --full`;
  const how = { detail, rest };
  const sections: readonly (readonly string[])[] = [
    plan.access.length > 0
      ? accessLines(plan, how, palette)
      : report.error === null
        ? ["nobody gains or loses access"]
        : [],
    changeLines(plan, how, palette),
    [reportText(report, palette)],
    report.plan === null || changesTotal === 0
      ? report.error === null
        ? ["nothing would change"]
        : []
      : [
          `nothing was changed; to do exactly this${expiresAt === null ? "" : `, until ${moment(expiresAt)}`}:`,
          `  ${palette.cyan(`understudy sync ${report.source} --plan ${report.plan}`)}`,
        ],
  ];
  return inSections(sections);
}

type Told = Pick<PlanAnswer, "access" | "accessTotal" | "changes" | "changesTotal">;

/** How much is told, and the command that tells the rest. */
interface Telling {
  readonly detail: Detail;
  readonly rest: string;
}

export function accessLines(
  { access, accessTotal }: Pick<Told, "access" | "accessTotal">,
  how: Telling,
  palette: Palette,
): readonly string[] {
  const bySubject = new Map<string, AccessChange[]>();
  for (const change of access) {
    const subject = `${change.subject} ${change.user}`;
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), change]);
  }
  const limits = { limit: SHOWN[how.detail], rest: how.rest };
  const headline = palette.bold(`access: ${counted(accessTotal, "change")}`);
  if (how.detail === "short") return [headline];
  return [
    headline,
    ...indented(
      firstFew([...bySubject.values()], limits, (changes) => [
        ...changes.slice(0, 1).map(subjectOf),
        ...changes.map((change) => `  ${effectOf(change, palette)}`),
      ]),
    ),
  ];
}

function subjectOf({ subject, user, name, holders }: AccessChange): string {
  if (subject === "user") return named(name, user);
  return `everybody with role ${named(name, user)}${holders === null ? "" : `, ${counted(holders, "person", "people")}`}`;
}

function effectOf({ effect, what, target, targetName, scope, held }: AccessChange, palette: Palette): string {
  const within = scope === null ? "" : ` in ${plain(scope)}`;
  const object = what === "sign-in" ? "sign-in" : `${what} ${named(targetName, target)}${within}`;
  const line = effect === "gains" ? palette.green(`+ gains ${object}`) : palette.red(`- loses ${object}`);
  return held ? `${line} ${palette.yellow("(held)")}` : line;
}

/** @param of what the changes are of */
export function changeLines(
  { changes, changesTotal }: Pick<Told, "changes" | "changesTotal">,
  how: Telling,
  palette: Palette,
  of = "records and links",
): readonly string[] {
  if (changes.length === 0) return [];
  const limits = { limit: SHOWN[how.detail], total: changesTotal, rest: how.rest };
  const headline = palette.bold(`${of}: ${counted(changesTotal, "change")}`);
  if (how.detail === "short") return [headline];
  return [headline, ...indented(firstFew(changes, limits, (change) => describeChange(change, palette)))];
}

/** One line for the change, and one for each field of it. */
export function describeChange(
  change: Omit<Change, "entity" | "held"> & { readonly entity: string; readonly held?: boolean },
  palette: Palette,
): readonly string[] {
  const { entity, key, related, scope, origin, kind, cause, held } = change;
  const by = origin === null ? "" : ` by ${origin}`;
  const object = related === null ? key : `${key} -> ${related}${scope === null ? "" : ` in ${scope}`}${by}`;
  const why = cause === "upstream" ? "" : ` (${cause})`;
  const mark = held === true ? ` ${palette.yellow("(held)")}` : "";
  return [`${kind.padEnd(9)}  ${entity} ${plain(object)}${why}${mark}`, ...fieldLines(change)];
}

function fieldLines({ old, new: now, kind }: Pick<Change, "old" | "new" | "kind">): readonly string[] {
  const names = [...new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})])];
  if (kind === "create") return [];
  return names.map((name) => `             ${name}: ${shown(old?.[name])} -> ${shown(now?.[name])}`);
}

function shown(value: Json | undefined): string {
  if (value === undefined || value === null) return "(none)";
  const text = plain(JSON.stringify(value));
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}… (${grouped(text.length)} characters)`;
}
