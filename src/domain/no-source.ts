import { Failure } from "./errors";
import { LOCAL_SOURCE } from "./login";
import { suggestion } from "./suggest";

/** Where a source was looked for. */
export interface LookedFor {
  /** The folder worked in, absolute. */
  readonly home: string;
  readonly known: readonly string[];
  /** Whether it might also have been known by what the mirror still holds of it. */
  readonly inMirror?: boolean;
}

/** Mostly it is a typo, or another folder than the one meant. */
export function noSuchSource(source: string, { home, known, inMirror = false }: LookedFor): Failure {
  if (source === LOCAL_SOURCE) return noSuchLocal();
  const missing = `${home}/jobs/${source}.yaml does not exist`;
  const choice = suggestion(source, known);
  return new Failure(
    "USE002",
    `there is no source \`${source}\`: ${missing}${inMirror ? ", and the mirror holds nothing of it" : ""}`,
    { fix: suggestion(source, known, null) ?? (choice === null ? DRAFT : `${choice}; ${DRAFT}`), data: { source } },
  );
}

/** The name can be no customer's, so that there is nothing to draft. */
const noSuchLocal = (): Failure =>
  new Failure(
    "USE002",
    `there is no source \`${LOCAL_SOURCE}\`: the name is for administrators who are made here and known to no customer's system`,
    {
      fix: "see them: understudy admin list; make one: understudy admin create NAME --reason TEXT",
      data: { source: LOCAL_SOURCE },
    },
  );

/** The same of all of them. */
export const noSources = (home: string): { readonly message: string; readonly fix: string } => ({
  message: `there are no sources yet: no job file in ${home}/jobs`,
  fix: DRAFT,
});

/** As an answer of those that list what there is. */
export function noSourcesText(home: string): string {
  const { message, fix } = noSources(home);
  return `${message}\n  ${fix}`;
}

/** Nobody reads it, and its administrators come and go by other commands. @throws Failure USE002 for `local` */
export function refuseLocal(source: string): void {
  if (source !== LOCAL_SOURCE) return;
  throw new Failure(
    "USE002",
    `\`${LOCAL_SOURCE}\` is no source that is read: it holds the administrators that are made here`,
    { fix: "see them: understudy admin list" },
  );
}

const DRAFT = "draft one with: understudy init NAME --openapi FILE; or name another folder with -C DIR";
