/** Which steps of the demo the README shows, and which of their lines. */
interface Shown {
  /** How the step's narration begins. */
  readonly step: string;
  /** Runs of lines, in their order: from the first line that matches, so many. What is between them is elided. */
  readonly lines: readonly (readonly [from: RegExp, count: number])[];
}

const SHOWN: readonly Shown[] = [
  { step: "A day at Acme", lines: [[/^access: /, 8]] },
  { step: "A broken deployment at Acme", lines: [[/^held /, 5]] },
  { step: "Now Acme is switched off", lines: [[/^run /, 1]] },
  {
    step: "The understudy still knows",
    lines: [
      [/ active$/, 1],
      [/^roles/, 6],
      [/^organizations/, 3],
    ],
  },
  { step: "Clara signs in all the same", lines: [[/the customer's system /, 5]] },
  { step: "By the right password alone", lines: [[/^refused/, 1]] },
  { step: "Acme is back", lines: [[/^\$ understudy up/, 8]] },
  {
    step: "One run a slot",
    lines: [
      [/ ok /, 2],
      [/ interrupted /, 1],
    ],
  },
  { step: "And it says plainly until when", lines: [[/^fresh/, 3]] },
];

const [BEGIN, END] = ["<!-- demo:begin -->", "<!-- demo:end -->"];
const BLOCK = new RegExp(`(?<=${BEGIN}\\n)\`\`\`text\\n(.*?)\`\`\`\\n(?=${END})`, "s");

/** What the README shows of a demo's standard output. Throws an Error for a step or a line that the demo does not have. */
export function excerptOf(stdout: string): string {
  const [story = ""] = stdout.split(/\n(?=What to do next|Acme stays)/);
  const steps = story.split(/\n(?=# )/).slice(1);
  return SHOWN.map(({ step, lines }) => {
    const text = steps.find((one) => one.startsWith(`# ${step}`));
    if (text === undefined) throw new Error(`the demo has no step that begins "${step}"`);
    return excerptOfStep(step, text.trimEnd().split("\n"), lines);
  }).join("\n\n");
}

function excerptOfStep(step: string, all: readonly string[], lines: Shown["lines"]): string {
  const shown = all.slice(0, 1);
  let next = 1;
  for (const [from, count] of [...HEAD(all), ...lines]) {
    const at = all.findIndex((line, index) => index >= next && from.test(line));
    if (at < 0) throw new Error(`the step "${step}" of the demo does not show ${from}`);
    shown.push(...elided(all.slice(next, at)), ...all.slice(at, at + count));
    next = at + count;
  }
  return [...shown, ...elided(all.slice(next))].join("\n");
}

/** The command, and the empty line below it. */
const HEAD = (all: readonly string[]): Shown["lines"] => (all[2] === "" ? [[/^\$ /, 2]] : []);

const elided = (left: readonly string[]): readonly string[] => (left.every((line) => line === "") ? [...left] : ["…"]);

/** The block between the markers of the README, without its fences. */
export function blockOf(readme: string): string {
  const [, block] = BLOCK.exec(readme) ?? [];
  if (block === undefined) throw new Error(`README.md has no block of text between ${BEGIN} and ${END}`);
  return block.trimEnd();
}

export const withBlock = (readme: string, block: string): string =>
  readme.replace(BLOCK, () => `\`\`\`text\n${block}\n\`\`\`\n`);

/** Without what differs from one demo to the next: moments, durations, addresses, ids, and the columns these widen. */
export const normalised = (text: string): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?UTC|Z)?/g, "TIME")
    .replaceAll(/\b\d+(\.\d+)? (ms|s|seconds?|minutes?)\b/g, "DURATION")
    .replaceAll(/127\.0\.0\.1:\d+/g, "ADDRESS")
    .replaceAll(/\bp_[0-9a-f]+/g, "PLAN")
    .replaceAll(/\brun \d+/g, "RUN")
    .replaceAll(/\b\d+ slots\b/g, "SLOTS")
    .replaceAll(/(?<=\S) {2,}/g, "  ");
