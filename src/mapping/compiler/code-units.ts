/** A set of UTF-16 code units: ranges in order, apart from one another, both ends in them. */
export type CodeUnits = readonly (readonly [from: number, to: number])[];

const LAST = 0xffff;

export const unit = (code: number): CodeUnits => [[code, code]];

export function union(sets: readonly CodeUnits[]): CodeUnits {
  const merged: [number, number][] = [];
  for (const [from, to] of sets.flat().sort(([one], [other]) => one - other)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

export function complement(set: CodeUnits): CodeUnits {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [from, to] of set) {
    if (from > next) gaps.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST) gaps.push([next, LAST]);
  return gaps;
}

export const DIGITS: CodeUnits = [[0x30, 0x39]];
export const WORD: CodeUnits = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
export const LINE_ENDS: CodeUnits = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];
/** WhiteSpace and LineTerminator of ECMAScript. */
export const SPACE: CodeUnits = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];

/** ECMAScript's Canonicalize without the flag `u`: the upper case, unless that leaves the code unit or leads into ASCII. */
function canonical(code: number): number {
  const upper = String.fromCharCode(code).toUpperCase();
  const mapped = upper.charCodeAt(0);
  return upper.length !== 1 || (code >= 128 && mapped < 128) ? code : mapped;
}

let classes: readonly (readonly number[])[] | null = null;

/** The code units that are the same in another case, in groups. */
function caseClasses(): readonly (readonly number[])[] {
  if (classes !== null) return classes;
  const byForm = new Map<number, number[]>();
  for (let code = 0; code <= LAST; code += 1) {
    const form = canonical(code);
    if (form === code) continue;
    const members = byForm.get(form);
    if (members === undefined) byForm.set(form, [form, code]);
    else members.push(code);
  }
  classes = [...byForm.values()];
  return classes;
}

/** The set with everything that differs from a member in its case only. */
export function anyCase(set: CodeUnits): CodeUnits {
  const twins = caseClasses().filter((members) => members.some((code) => has(set, code)));
  return union([set, ...twins.flat().map(unit)]);
}

const has = (set: CodeUnits, code: number): boolean => set.some(([from, to]) => from <= code && code <= to);
