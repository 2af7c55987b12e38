import { durationText } from "../../domain/duration-text";
import { LOCAL_SOURCE } from "../../domain/login";
import type { AdmittedAnswer, NotReady, OfflineReport } from "../../domain/offline";
import { plain } from "../../domain/plain";
import { columns, counted, firstFew, grouped, indented, moment } from "./layout";
import type { Palette } from "./terminal";

const REASONS: Readonly<Record<NotReady, string>> = {
  "never-let-in": "never let in by the customer's system",
  "too-long-ago": "let in too long ago",
  "password-changed": "the password was changed since",
  dropped: "their verifier was dropped: disabled for a while, refused, or a password that was changed or taken away",
  "other-pepper": "hashed with a pepper that is not here (LOGIN_PEPPER)",
};

/** How ready a source is for an outage. */
export function readinessText(report: OfflineReport, palette: Palette): string {
  const { source, active, ready, ending, endingTotal, notReady, notReadyTotal } = report;
  const share = active === 0 ? "" : ` (${Math.floor((100 * ready) / active)} %)`;
  const rest = `understudy offline report ${source} --json`;
  return [
    `${palette.bold(source)}  ${report.mode}, the mirror answers for ${durationText(report.offline)} after the last live yes, as of ${moment(report.asOf)}`,
    ...(report.outSince === null ? [] : [palette.red(`  out of reach since ${moment(report.outSince)}`)]),
    ...(report.drillUntil === null ? [] : [palette.yellow(`  a drill until ${moment(report.drillUntil)}`)]),
    `  ${grouped(ready)} of ${grouped(active)} people active in the last 30 days could sign in now${share}`,
    `  ${counted(endingTotal, "of them runs", "of them run")} out within 48 hours`,
    ...indented(
      firstFew(ending, { limit: 5, total: endingTotal, rest }, ({ key, endsAt }) => [
        plain(`${key}  ${moment(endsAt)}`),
      ]),
      "    ",
    ),
    ...Object.entries(notReadyTotal).flatMap(([because, count]) => [
      `  ${counted(count, "person", "people")}: ${REASONS[because as NotReady]}`,
      ...indented(
        firstFew(
          notReady.filter((one) => one.because === because),
          { limit: 5, total: count, rest },
          ({ key }) => [plain(key)],
        ),
        "    ",
      ),
    ]),
    `  ${counted(report.neverLetIn, "person", "people")} who may sign in never did here${report.neverLetInReady === 0 ? "" : `; ${grouped(report.neverLetInReady)} of them could now, by a password that a mapping brought`}`,
  ].join("\n");
}

/** Whom the mirror let in. */
export function admittedText({ source, since, people, total }: AdmittedAnswer, palette: Palette): string {
  if (total === 0) return `the mirror of ${source} let nobody in since ${moment(since)}`;
  const unchecked = people.filter(({ found }) => found === "unchecked").length;
  return [
    `${palette.bold(source)}  the mirror let in ${counted(total, "person", "people")} since ${moment(since)}`,
    ...indented(
      columns(
        people.map(({ key, found, times, lastAt }) => [key, found, counted(times, "time"), `last ${moment(lastAt)}`]),
      ),
    ),
    // No customer's system is asked about our own administrators.
    ...(unchecked === 0 || source === LOCAL_SOURCE
      ? []
      : [palette.yellow(`${counted(unchecked, "person", "people")} not checked again yet: understudy sync ${source}`)]),
  ].join("\n");
}
