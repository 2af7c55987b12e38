import { join, resolve } from "node:path";
import type { Problem } from "../domain/errors";
import { nearest } from "../domain/suggest";
import { type EnvFile, readEnvFile } from "./env-file";
import { ENVIRONMENT } from "./format-problem";
import { readSettings, type Settings, VARIABLES } from "./read-settings";
import { SourceText } from "./yaml/source-text";

export type Env = Readonly<Record<string, string | undefined>>;

export interface Environment {
  readonly settings: Settings;
  /** The process's variables over those of `.env`; `${NAME}` in files is looked up here. */
  readonly env: Env;
  readonly problems: readonly Problem[];
}

/** The folder worked in: `-C DIR`, else UNDERSTUDY_HOME, else the current one. Absolute. */
export function homeFolder(directory: string | null, env: Env, current: string): string {
  return resolve(current, directory ?? (env.UNDERSTUDY_HOME?.trim() || "."));
}

/** Reads `.env` of the folder worked in under the process's own variables, and validates what Understudy itself uses. */
export function loadEnvironment({ home, env }: { readonly home: string; readonly env: Env }): Environment {
  const file = readEnvFile(join(home, ".env"));
  const merged: Env = Object.freeze({ ...file?.values, ...env });
  const problems: Problem[] = [...(file?.problems ?? [])];
  const report = (name: string, message: string, hint: string | null, severity: Problem["severity"] = "error") =>
    problems.push(problemAt({ name, message, hint, severity }, env[name] === undefined ? file : null));

  for (const name of Object.keys(merged)) {
    if ((VARIABLES as readonly string[]).includes(name)) continue;
    const isOurs = name.startsWith("UNDERSTUDY_");
    // Of other programs there are CC and SMTP_PORT, as near to CI and HTTP_PORT as a slip of two letters.
    const near = nearest(name, VARIABLES, isOurs ? undefined : name.length > 5 ? 1 : 0);
    // No error: Kubernetes adds variables such as UNDERSTUDY_SERVICE_HOST for a service of that name.
    if (isOurs || near !== null) {
      const hint = near === null ? null : `did you mean \`${near}\`?`;
      report(name, `\`${name}\` is not a variable that Understudy reads`, hint, "warning");
    }
  }
  // Node has read it where it is of the process's own environment, at its start; what `.env` says came too late.
  const own = env.NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS: undefined };
  const settings = readSettings({ ...merged, ...own }, home, report);
  return Object.freeze({ settings, env: merged, problems });
}

/** A mistake in `.env` is shown at its line, without the value; one in the process's environment by the variable's name. */
function problemAt(
  { name, ...said }: Pick<Problem, "message" | "hint" | "severity"> & { readonly name: string },
  file: EnvFile | null,
): Problem {
  const start = file?.places.get(name);
  const finding = { code: "CFG012", ...said, length: name.length } as const;
  return file === null || start === undefined
    ? new SourceText(ENVIRONMENT, `${name}=`).problem({ ...finding, start: 0 })
    : file.source.problem({ ...finding, start });
}
