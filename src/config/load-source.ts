import { join } from "node:path";
import { hasErrors, type Problem } from "../domain/errors";
import type { Job, Stream } from "../domain/job";
import type { MappingSpec } from "../domain/mapping";
import { listed, nearest, suggestion } from "../domain/suggest";
import { checkEnds } from "./check-ends";
import { checkJobShape } from "./check-shape";
import { type ProjectFiles, whyUnlisted } from "./find-files";
import { readJob } from "./job/read-job";
import { MOST_BYTES, readTextFile } from "./read-file";
import { readMapping } from "./read-mapping";
import type { Variables } from "./variables";
import { type Entry, type FileCodes, JOB_CODES, MAPPING_CODES, type YamlFile } from "./yaml/entry";
import { parseYaml } from "./yaml/parse-yaml";
import { SourceText } from "./yaml/source-text";

export interface LoadedSource {
  /** Null when any of its files has an error. */
  readonly job: Job | null;
  /** Those that could be read, also when there are errors elsewhere. */
  readonly streams: readonly Stream[];
  /** Also when there are errors elsewhere. */
  readonly login: Job["login"];
  /** The files read. */
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
  readonly yaml: readonly YamlFile[];
}

/** Reads everything that describes one source: its job file, its mappings and its OpenAPI document. */
export async function loadSource(
  home: string,
  name: string,
  found: ProjectFiles,
  variables: Variables,
): Promise<LoadedSource> {
  const problems: Problem[] = [];
  const yaml: YamlFile[] = [];
  const read = (file: string, codes: FileCodes): Entry | null => {
    const text = readText(join(home, file), file, codes, problems);
    const root = text === null ? null : parseYaml(file, text, codes, problems);
    if (root !== null) yaml.push(root.file);
    return root;
  };

  const jobFile = found.jobs.get(name) ?? `jobs/${name}.yaml`;
  const root = read(jobFile, JOB_CODES);
  if (root !== null) {
    checkJobShape(root);
    checkName(root, name, found.jobs);
  }
  const mappingFiles = found.mappings.get(name) ?? new Map<string, string>();
  const mappings = new Map<string, MappingSpec>();
  const entries: Entry[] = [];
  for (const [stream, file] of mappingFiles) {
    const mapping = read(file, MAPPING_CODES);
    if (mapping === null) continue;
    entries.push(mapping);
    const spec = readMapping(mapping);
    if (root !== null) checkStreamExists(mapping, stream, root, jobFile, mappingFiles);
    if (spec !== null) mappings.set(stream, spec);
  }
  const unlisted = whyUnlisted(name, found);
  if (unlisted !== null) problems.push(unlisted);
  else if (root !== null) checkMappingsExist(root, name, mappingFiles);
  // Of what cannot be read nobody knows what it gives.
  if (!hasErrors(problems)) checkEnds(entries);

  const job = root === null ? null : await readJob(root, join(home, jobFile), mappings, variables);
  const isGood = !hasErrors(problems);
  return {
    job: isGood ? job : null,
    streams: job?.streams ?? [],
    login: job?.login ?? null,
    files: [jobFile, ...mappingFiles.values()],
    problems,
    yaml,
  };
}

/** What a file holds. Null when it cannot be read, with the reason in `problems`. */
export function readText(path: string, file: string, codes: FileCodes, problems: Problem[]): string | null {
  const read = readTextFile(path, MOST_BYTES.yaml);
  if (typeof read === "string") return read;
  const { why, fix, broken = { text: "", start: 0 } } = read;
  // The line itself is not shown: it may be a secret's, and its bytes are no characters.
  const source = new SourceText(file, broken.text, "");
  const message = `the file cannot be read: ${why}`;
  problems.push(source.problem({ code: codes.syntax, message, start: broken.start, length: 1, hint: fix }));
  return null;
}

/** A source has one name: what the file says and what the file is called. */
export function checkName(root: Entry, name: string, jobs: ProjectFiles["jobs"]): void {
  const entry = root.get("source");
  const source = entry?.text();
  // What is no name at all has been told about.
  if (entry === null || source == null || source === name || !/^[a-z][a-z0-9_-]*$/.test(source)) return;
  const other = jobs.get(source);
  const message =
    other === undefined
      ? `\`source\` is \`${source}\`, but the file is named \`${name}\``
      : `\`${source}\` is already the source of \`${other}\``;
  const hint = other === undefined ? `rename the file to \`${source}.yaml\`, or write \`source: ${name}\`` : null;
  entry.report({ code: "CFG010", message, hint });
}

function checkStreamExists(
  mapping: Entry,
  stream: string,
  root: Entry,
  jobFile: string,
  files: ReadonlyMap<string, string>,
): void {
  const entities = root.get("entities");
  // What stands under a mistyped word has been told about there.
  if (entities?.isMap !== true) return;
  const streams = entities.entries().map((entry) => entry.name);
  // An entity without a mapping whose name is near is where the slip is told.
  const unmapped = streams.filter((name) => !files.has(name));
  if (streams.includes(stream) || unmapped.some((name) => nearest(name, [stream]) !== null)) return;
  mapping.report({
    code: "MAP015",
    message: `nothing uses this mapping: \`${stream}\` is not an entity of \`${jobFile}\``,
    hint: suggestion(stream, streams),
    atKey: true,
  });
}

function checkMappingsExist(root: Entry, name: string, files: ReadonlyMap<string, string>): void {
  const streams = root.get("entities")?.entries() ?? [];
  const unused = [...files.keys()].filter((file) => !streams.some(({ name: used }) => used === file));
  for (const stream of streams) {
    if (files.has(stream.name)) continue;
    const path = `mappings/${name}/${stream.name}.yaml`;
    const message = `\`${stream.name}\` has no mapping: ${listed([path])} does not exist`;
    const like = nearest(stream.name, unused);
    const hint = like === null ? "write it, or remove the entity" : `did you mean \`${like}\`, which has one?`;
    stream.report({ code: "MAP015", message, hint, atKey: true });
  }
}
