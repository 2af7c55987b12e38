/**
 * The text format of Prometheus, version 0.0.4: families of lines, each begun by `# HELP` and `# TYPE`, then its samples:
 *
 *     name{label="value",…} value [timestamp]
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */

interface Family {
  readonly name: string;
  help: boolean;
  type: string | null;
  readonly samples: Sample[];
}

interface Sample {
  /** As written, with the suffix of a histogram or summary. */
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
  readonly line: number;
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const TYPES = ["counter", "gauge", "histogram", "summary", "untyped"];
/** What a sample's name may have more than its family's. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ["_bucket", "_sum", "_count"],
  summary: ["", "_sum", "_count"],
};

/** What is wrong with a text, line by line; nothing when it is what Prometheus reads. Stricter than Prometheus: nothing may be left out. */
export function checkPrometheusText(text: string): readonly string[] {
  const wrong: string[] = [];
  const families = new Map<string, Family>();
  let current: Family | null = null;
  if (!text.endsWith("\n")) wrong.push("the last line does not end with a newline");

  function familyOf(name: string, line: number): Family {
    const known = families.get(name);
    if (known !== undefined && known !== current) wrong.push(`line ${line}: the lines of ${name} are not together`);
    const family: Family = known ?? { name, help: false, type: null, samples: [] };
    families.set(name, family);
    current = family;
    return family;
  }

  for (const [index, content] of text.replace(/\n$/, "").split("\n").entries()) {
    const line = index + 1;
    const complain = (message: string) => wrong.push(`line ${line}: ${message}`);
    if (content.includes("\r")) complain("a carriage return");
    if (content.trim() === "") continue;
    const comment = /^#\s*(HELP|TYPE)\b[ \t]*(\S*)[ \t]?(.*)$/.exec(content);
    if (comment !== null) {
      const [, kind, name = "", rest = ""] = comment;
      readComment(familyOf(name, line), kind === "HELP" ? "HELP" : "TYPE", rest, complain);
    } else if (!content.startsWith("#")) {
      const sample = readSample(content, line, complain);
      if (sample !== null) familyOf(familyName(sample.name, families, current), line).samples.push(sample);
    }
  }
  for (const family of families.values()) wrong.push(...checkFamily(family));
  return wrong;
}

function readComment(family: Family, kind: "HELP" | "TYPE", rest: string, complain: (message: string) => void): void {
  if (!METRIC_NAME.test(family.name)) complain(`${kind} of a metric that cannot be named \`${family.name}\``);
  if (family.samples.length > 0) complain(`${kind} of ${family.name} comes after its samples`);
  if (kind === "HELP") {
    if (family.help) complain(`a second HELP of ${family.name}`);
    if (rest.trim() === "") complain(`the HELP of ${family.name} says nothing`);
    if (/\\(?![\\n])/.test(rest.replaceAll("\\\\", ""))) complain(`an unknown escape in the HELP of ${family.name}`);
    family.help = true;
    return;
  }
  if (family.type !== null) complain(`a second TYPE of ${family.name}`);
  if (!TYPES.includes(rest)) complain(`\`${rest}\` is no type`);
  family.type = rest;
}

/** The family a sample is one of: the current one if that may have it, else one of its own name. */
function familyName(sample: string, families: ReadonlyMap<string, Family>, current: Family | null): string {
  for (const family of [current, ...families.values()])
    if (family !== null && (SUFFIXES[family.type ?? ""] ?? [""]).some((suffix) => sample === family.name + suffix))
      return family.name;
  return sample;
}

function readSample(content: string, line: number, complain: (message: string) => void): Sample | null {
  const name = /^[^{\s]*/.exec(content)?.[0] ?? "";
  if (!METRIC_NAME.test(name)) {
    complain(`\`${name}\` cannot be a metric's name`);
    return null;
  }
  const labels = new Map<string, string>();
  const end = content[name.length] === "{" ? readLabels(content, name.length + 1, labels, complain) : name.length;
  if (end === null) return null;
  const [, written = "", timestamp] = /^[ \t]+(\S+)(?:[ \t]+(\S+))?$/.exec(content.slice(end)) ?? [];
  const value = numberOf(written);
  if (value === null) complain(`${name} has no value that is a number: \`${content.slice(end).trim()}\``);
  if (timestamp !== undefined && !/^-?\d+$/.test(timestamp)) complain(`\`${timestamp}\` is no timestamp`);
  return value === null ? null : { name, labels, value, line };
}

/** Fills `labels`. @returns the position after the closing brace, or null where the syntax is broken */
function readLabels(
  content: string,
  start: number,
  labels: Map<string, string>,
  complain: (message: string) => void,
): number | null {
  let at = start;
  while (content[at] !== "}") {
    const found = /^([^=,{}"\s]*)="((?:[^"\\]|\\.)*)"(,(?!})|(?=}))/.exec(content.slice(at));
    if (found === null) {
      complain(`broken labels: \`${content.slice(start - 1)}\``);
      return null;
    }
    const [whole, name = "", value = ""] = found;
    if (!LABEL_NAME.test(name)) complain(`\`${name}\` cannot be a label's name`);
    if (name.startsWith("__")) complain(`the label \`${name}\` is reserved`);
    if (labels.has(name)) complain(`the label \`${name}\` twice`);
    if (/\\[^\\"n]/.test(value.replaceAll("\\\\", ""))) complain(`an unknown escape in the label \`${name}\``);
    labels.set(name, value);
    at += whole.length;
  }
  return at + 1;
}

function numberOf(text: string): number | null {
  if (text === "NaN") return Number.NaN;
  if (text === "+Inf" || text === "-Inf") return text === "+Inf" ? Infinity : -Infinity;
  return NUMBER.test(text) ? Number(text) : null;
}

function checkFamily({ name, help, type, samples }: Family): string[] {
  const wrong: string[] = [];
  if (!help) wrong.push(`${name} has no HELP`);
  if (type === null) wrong.push(`${name} has no TYPE`);
  if (type === "counter" && !name.endsWith("_total")) wrong.push(`the counter ${name} does not end in _total`);
  const series = new Set<string>();
  for (const sample of samples) {
    const key = keyOf(sample.name, sample.labels);
    const suffixes = SUFFIXES[type ?? ""] ?? [""];
    if (!suffixes.includes(sample.name.slice(name.length)))
      wrong.push(`line ${sample.line}: a ${type} has no bare ${key}`);
    if (series.has(key)) wrong.push(`line ${sample.line}: ${key} is there twice`);
    series.add(key);
    const counts = type === "counter" || (type === "histogram" && !sample.name.endsWith("_sum"));
    if (counts && !(sample.value >= 0)) wrong.push(`line ${sample.line}: ${key} counts ${sample.value}`);
  }
  return type === "histogram" ? [...wrong, ...checkHistogram(name, samples)] : wrong;
}

/** Every set of labels has its own buckets, cumulative and in order, the last of them +Inf and equal to the count. */
function checkHistogram(name: string, samples: readonly Sample[]): string[] {
  const wrong: string[] = [];
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const labels = new Map([...sample.labels].filter(([label]) => label !== "le"));
    const key = keyOf(name, labels);
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  for (const [key, group] of groups) {
    const only = (suffix: string) => group.filter((sample) => sample.name === name + suffix);
    const buckets = only("_bucket").map(({ labels, value }) => ({ le: numberOf(labels.get("le") ?? ""), value }));
    const [count] = only("_count");
    if (count === undefined) wrong.push(`${key} has no _count`);
    if (only("_sum").length === 0) wrong.push(`${key} has no _sum`);
    for (const [index, { le, value }] of buckets.entries()) {
      const before = buckets[index - 1];
      if (le === null || Number.isNaN(le)) wrong.push(`a bucket of ${key} has no le that is a number`);
      if (before !== undefined && !((before.le ?? 0) < (le ?? 0))) wrong.push(`the buckets of ${key} are not in order`);
      if (before !== undefined && before.value > value) wrong.push(`the buckets of ${key} are not cumulative`);
    }
    const last = buckets.at(-1);
    if (last?.le !== Infinity) wrong.push(`${key} has no bucket +Inf at its end`);
    else if (count !== undefined && last.value !== count.value)
      wrong.push(`the bucket +Inf of ${key} is not its _count`);
  }
  return wrong;
}

const keyOf = (name: string, labels: ReadonlyMap<string, string>): string =>
  `${name}{${[...labels]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([label, value]) => `${label}="${value}"`)
    .join(",")}}`;
