import type { DoctorCheck } from "../../domain/answers";
import { hasErrors, isError } from "../../domain/errors";
import { noSources } from "../../domain/no-source";
import { checkDatabase } from "../../mirror/check-database";
import { checkQueue } from "../../schedule/check-queue";
import type { Jobs } from "../jobs";
import { checkNotify } from "../notices/check-notify";
import type { Notices } from "../notices/notices";
import type { Adapters } from "../open/adapters";
import { checkCredentials } from "./check-credentials";
import { checkSigningKeys } from "./check-signing-keys";

/** Looks at everything a run needs; what is broken is the answer, never an exception. */
export async function doctor(
  adapters: Adapters,
  jobs: Jobs,
  notices: Pick<Notices, "targetsOf">,
): Promise<readonly DoctorCheck[]> {
  const { home, environment, database, migrations, queueOptions, log } = adapters;
  const { sources, problems } = await jobs.inspect({ variables: "required" });
  const mistakes = problems.filter(isError).length;
  const named = sources.length === 0 ? noSources(home) : { message: `${sources.join(", ")}, in ${home}`, fix: null };
  const checks: DoctorCheck[] = [
    { name: "node", state: "ok", message: process.version, fix: null },
    mistakes === 0
      ? { name: "files", state: "ok", ...named }
      : { name: "files", state: "error", message: `mistakes: ${mistakes}`, fix: "see them: understudy check" },
  ];
  // A database whose address cannot be read cannot be looked at.
  if (hasErrors(environment.problems)) return checks;
  const files = await jobs.names();
  checks.push(...(await checkDatabase(database, migrations, files)));
  const redisUrl = environment.settings.redisUrl?.reveal() ?? null;
  if (database.opened !== null) checks.push(await checkQueue(await queueOptions()));
  else if (redisUrl !== null) checks.push(await checkQueue({ redisUrl, postgres: {}, log }));
  else checks.push({ name: "queue", state: "error", message: "it lives in the database", fix: null });
  if (database.opened !== null) checks.push(...(await checkSigningKeys(adapters)));
  checks.push(...(await checkCredentials(adapters, jobs)));
  checks.push(...(await checkNotify(adapters, files, notices)));
  return checks;
}
