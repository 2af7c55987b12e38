import { join, resolve } from "node:path";
import type { Problem } from "../domain/errors";
import { nearest } from "../domain/suggest";
import { type EnvFile, readEnvFile } from "./env-file";
import { ENVIRONMENT } from "./format-problem";
import { readCertificates } from "./read-certificates";
import { readSettings, type Settings, VARIABLES } from "./read-settings";
import { SourceText } from "./yaml/source-text";

export type Env = Readonly<Record<string, string | undefined>>;

/** Authorities that are believed beside those that Node believes. */
const EXTRA = "NODE_EXTRA_CA_CERTS";

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
    problems.push(
      problemAt({ name, message, hint, severity }, env[name] === undefined || name === EXTRA ? file : null),
    );

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
  // Authorities add up, so here the process's variable does not stand over that of `.env`.
  const settings = readSettings({ ...merged, [EXTRA]: file?.values[EXTRA] }, home, report);
  const { authorities: own } = settings;
  const other = readOther(env[EXTRA] ?? "", own !== null, (finding) =>
    problems.push(problemAt({ name: EXTRA, severity: "warning", ...finding }, null)),
  );
  const authorities = own === null || other === null ? own : `${own}\n${other}`;
  return Object.freeze({ settings: Object.freeze({ ...settings, authorities }), env: merged, problems });
}

/**
 * Of the authorities that the process's own environment names, Node has read what it could at its start, from the folder the
 * process began in. Older Node tells nobody whom it took from there, so beside others they are read again.
 */
function readOther(
  path: string,
  isWanted: boolean,
  warn: (finding: Pick<Problem, "message" | "hint">) => void,
): string | null {
  if (path === "") return null;
  const found = readCertificates(path, { each: isWanted });
  if (typeof found === "string") return found;
  warn({ message: `the file that \`${EXTRA}\` names ${found.wrong}`, hint: found.hint });
  return null;
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
