import type { DoctorCheck } from "../../domain/answers";
import { counted } from "../../domain/grouped";
import type { Adapters } from "../open/adapters";
import type { Notices } from "./notices";

/** Whether the recipients that jobs name can be reached, as far as that shows without sending them anything. */
export async function checkNotify(
  { environment, database, stores }: Adapters,
  sources: readonly string[],
  { targetsOf }: Pick<Notices, "targetsOf">,
): Promise<readonly DoctorCheck[]> {
  const targets = (await Promise.all(sources.map(targetsOf))).flat();
  if (targets.length === 0) return [];
  const check = (state: DoctorCheck["state"], message: string, fix: string | null): DoctorCheck => ({
    name: "notify",
    state,
    message,
    fix,
  });
  const { smtpUrl, smtpFrom } = environment.settings;
  const hasMail = targets.some(({ kind }) => kind === "email");
  if (hasMail && (smtpUrl === null || smtpFrom === null))
    return [check("error", "mail is to be sent, but no server is named", "set SMTP_URL and SMTP_FROM")];
  const unsigned = targets.filter((target) => target.kind === "webhook" && target.secret === null).length;
  const late = database.opened === null ? [] : await (await stores()).notices.undelivered();
  const undelivered = late.map(({ source, state, count, problem }) => {
    const what = counted(count, "message");
    const told =
      state === "waiting"
        ? `${what} about ${source} not delivered yet: ${problem}`
        : `${what} about ${source} given up in the last 7 days: ${problem}`;
    return check("warning", told, `try it: understudy notify test ${source}`);
  });
  if (undelivered.length > 0) return undelivered;
  const named = counted(targets.length, "target");
  return unsigned === 0
    ? [check("ok", named, null)]
    : [check("warning", `${named}, ${unsigned} of them not signed`, "write `secret` beside `webhook`")];
}
