import type { App } from "../domain/app";
import { Failure } from "../domain/errors";
import { suggestion } from "../domain/suggest";

/** @throws Failure USE002, with the name that was probably meant, when no job file describes the source */
export async function refuseUnknownSource(app: App, source: string): Promise<void> {
  const known = await app.sources();
  if (known.includes(source)) return;
  const fix = suggestion(source, known) ?? "write jobs/NAME.yaml to describe one";
  throw new Failure("USE002", `there is no source \`${source}\`: jobs/${source}.yaml does not exist`, { fix });
}
