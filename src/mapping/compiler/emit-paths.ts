import type { Emitter } from "./emitter";
import { factsOf } from "./facts";
import { COST } from "./fuel";
import { Kind, Origin, type PathIr, type PathStep, type Stage } from "./ir";
import { isOwnOnly, member, quoted } from "./writer";

type EachStep = Extract<PathStep, { kind: "each" }>;

/** A path: nested loops, one for each step, without lists in between. */
export function emitPath(emitter: Emitter, path: PathIr): string {
  const names = namesOf(path);
  return names === null ? emitSegments(emitter, path) : emitNames(emitter, path, names);
}

/** The names of a path that consists of nothing else. */
function namesOf({ steps, from, gives, keep }: PathIr): readonly string[] | null {
  if (steps.length === 0 || from === "list" || gives !== "value" || keep) return null;
  const names: string[] = [];
  for (const step of steps) {
    if (step.kind !== "each" || step.stages.length > 0 || step.value.op !== "normal") return null;
    const { value, keep: kept } = step.value;
    if (kept || value.op !== "field" || value.of.op !== "local" || value.of.slot !== step.item) return null;
    names.push(value.name);
  }
  return names;
}

/**
 * Properties read one after the other. Reading one from something that is no object gives undefined, so lists, whose
 * items are each read, are looked for only then.
 */
function emitNames(emitter: Emitter, path: PathIr, names: readonly string[]): string {
  const { source, from } = path;
  const { writer } = emitter;
  const start = writer.variableFor(emitter.value(source));
  return writer.once(`${start} ${from} ${JSON.stringify(names)}`, () => {
    const reads = [start];
    for (const [index, name] of names.entries()) {
      const of = reads[index] ?? start;
      const isObject = index === 0 && emitter.kindsOf(source) === Kind.Object;
      reads.push(writer.read(readOf(of, name, isObject)));
    }
    const last = reads.pop() ?? start;
    const lists = reads.flatMap((read, index) =>
      index > 0 || emitter.mayBeList(source) ? [{ read, walk: walkerOf(emitter, path, names, index) }] : [],
    );
    if (lists.length === 0) return finished(emitter, path, last);
    const result = writer.assigned(last);
    const walks = lists.map(({ read, walk }) => `if (isList(${read})) ${result} = ${walk}(${read});`);
    writer.line(`if (${result} === undefined) { ${walks.join(" else ")} }`);
    return finished(emitter, path, result);
  });
}

function readOf(of: string, name: string, isObject: boolean): string {
  if (!isOwnOnly(name)) return `own(${of}, ${quoted(name)})`;
  return isObject ? `${of}${member(name)}` : `${of}${optional(name)}`;
}

/** What may be a sequence of our own is given as a copy. */
function finished({ writer }: Emitter, { steps }: PathIr, value: string): string {
  const last = steps.at(-1);
  if (last?.kind !== "each" || factsOf(last.value).origin !== Origin.Unknown) return value;
  return writer.assigned(`isList(${value}) ? onlyResult(${value}) : ${value}`);
}

/** A function that reads the names from `index` on of every item of a list. */
function walkerOf(emitter: Emitter, { from, steps }: PathIr, names: readonly string[], index: number): string {
  const rest = steps.slice(index).filter((step) => step.kind === "each");
  const last = rest.at(-1);
  const origin = last === undefined ? Origin.Unknown : factsOf(last.value).origin;
  const as = index === 0 ? from : "value";
  return emitter.writer.beside(`${as} ${origin} ${JSON.stringify(names.slice(index))}`, () => {
    const list = emitter.writer.parameter();
    const segment = { source: list, from: as, kinds: Kind.Any, steps: rest, gives: "value", keep: false } as const;
    return { params: [list], value: emitSegment(emitter, segment) };
  });
}

const optional = (name: string): string => `?.${member(name).replace(/^\./, "")}`;

/** A sort needs all items before it, so it cuts a path in segments. */
function emitSegments(emitter: Emitter, path: PathIr): string {
  const { writer } = emitter;
  const start = emitter.atom(path.source);
  if (path.from !== "list") return emitFrom(emitter, path, start);
  const list = writer.assigned(`stepList(${start}, ${path.keep})`);
  return orEnded(emitter, path, list, emitFrom(emitter, path, list));
}

/** The value of a path unless it ended at this list: one that is empty is the value itself, whatever would follow. */
function orEnded({ writer }: Emitter, { gives, keep }: PathIr, list: string, value: string): string {
  const ended = gives === "items" ? list : `endedPath(${list}, ${keep})`;
  return writer.assigned(`${list}.length === 0 ? ${ended} : ${value}`);
}

/** The steps left, from their source on. */
function emitFrom(
  emitter: Emitter,
  path: PathIr,
  source: string,
  from: Segment["from"] = path.from,
  left: readonly PathStep[] = path.steps,
): string {
  const cut = left.findIndex((step) => step.kind === "order");
  const steps = (cut < 0 ? left : left.slice(0, cut)).filter((step) => step.kind === "each");
  const order = left[cut];
  const kinds = from === "context" ? emitter.kindsOf(path.source) : Kind.Any;
  const gives = order === undefined ? path.gives : "items";
  const collected = emitSegment(emitter, { source, from, steps, kinds, keep: path.keep, gives });
  if (order?.kind !== "order") return collected;
  const sorted = emitOrder(emitter, collected, order);
  const rest = left.slice(cut + 1);
  if (rest.length === 0 && path.gives === "value")
    return emitter.writer.assigned(`${path.keep ? "normalKept" : "normal"}(${sorted})`);
  const value = emitFrom(emitter, path, sorted, "items", rest);
  // What was picked may itself be an empty list.
  const mayEnd = rest.length > 0 && order.stages.some(({ kind }) => kind === "pick");
  return mayEnd ? orEnded(emitter, path, sorted, value) : value;
}

function emitOrder(emitter: Emitter, list: string, { terms, stages }: Extract<PathStep, { kind: "order" }>): string {
  const { writer } = emitter;
  const compiled = terms.map(({ descending, item, value }) => {
    const closure = writer.closure(() => ({ params: [emitter.parameter(item)], value: emitter.value(value) }));
    return `{ descending: ${descending}, value: ${closure} }`;
  });
  let sorted = writer.assigned(`orderBy(${list}, [${compiled.join(", ")}])`);
  for (const stage of stages) sorted = emitStage(emitter, sorted, stage);
  return sorted;
}

interface Segment {
  readonly source: string;
  readonly from: PathIr["from"] | "items";
  /** What the source may be. */
  readonly kinds: number;
  readonly steps: readonly EachStep[];
  readonly gives: PathIr["gives"];
  readonly keep: boolean;
}

function emitSegment(emitter: Emitter, { source, from, kinds, steps, gives, keep }: Segment): string {
  const last = steps.at(-1);
  if (last === undefined && from !== "value") return gives === "value" ? `normal(${source})` : `listed(${source})`;
  // The results of a last step are told from one another: a single list is given as it stands.
  const separate = gives !== "items" && last?.stages.at(-1)?.kind !== "test";
  const results = new Results(emitter, separate);
  const take = (index: number, item: string, of: number): void => {
    const step = steps[index];
    if (step === undefined) {
      results.add(item);
      return;
    }
    const apart = separate && index === steps.length - 1 ? results : null;
    emitStep(emitter, step, { item, kinds: of }, { apart, next: (value) => take(index + 1, value, Kind.Any) });
  };
  if (from === "value" && steps.length === 0 && separate) guarded(emitter, source, () => results.add(source));
  else if ((kinds & Kind.List) === 0) take(0, source, kinds);
  else forItems(emitter, source, from === "value" ? "result" : "input", (item) => take(0, item, Kind.Any));
  // A filter's empty result is a list of ours.
  const origin = last === undefined || last.stages.length > 0 ? Origin.Unknown : factsOf(last.value).origin;
  return results.end(gives, keep, origin);
}

/** Where the values of a step go. */
interface Onward {
  /** Takes each as it stands, where those of a last step are told from one another. */
  readonly apart: Results | null;
  /** Goes on with each item of each otherwise. */
  readonly next: (item: string) => void;
}

function emitStep(
  emitter: Emitter,
  step: EachStep,
  { item, kinds }: { readonly item: string; readonly kinds: number },
  { apart, next }: Onward,
): void {
  const { writer } = emitter;
  emitter.place(step.item, item, kinds & step.item.kinds);
  let value = emitter.atom(step.value);
  const final = step.stages.at(-1);
  for (const stage of step.stages.slice(0, -1)) value = emitStage(emitter, value, stage);
  if (final?.kind === "test") {
    emitTest(emitter, value, final, next);
    return;
  }
  if (final?.kind === "pick") {
    value = writer.assigned(`pick(${value}, ${final.index})`);
    if (apart !== null) {
      apart.add(writer.assigned(`${value} === undefined ? EMPTY : ${value}`));
      return;
    }
  }
  if (apart !== null) guarded(emitter, value, () => apart.add(value));
  else if (!emitter.mayBeList(step.value)) guarded(emitter, value, () => next(value));
  else forItems(emitter, value, "result", next);
}

function guarded({ writer }: Emitter, value: string, write: () => void): void {
  if (value === "undefined") return;
  writer.block(`if (${value} !== undefined)`, write);
}

/**
 * A loop over a value that may be a list. `input`: anything else, even nothing, is one item. `result`: nothing is none,
 * and a list marked not to flatten is one.
 */
function forItems(
  { writer }: Emitter,
  value: string,
  as: "input" | "result",
  write: (item: string, index: string, length: string) => void,
): void {
  const source = writer.variableFor(value);
  const list = writer.assigned(`${as === "input" ? "isList" : "flattens"}(${source})`);
  const length = writer.assigned(
    `${list} ? ${source}.length : ${as === "input" ? "1" : `${source} === undefined ? 0 : 1`}`,
  );
  writer.line(`if ((fuel.left -= ${length} * ${COST.visit}) < 0) throw OUT_OF_FUEL;`);
  const [index, item] = [writer.variable(), writer.variable()];
  writer.block(`for (${index} = 0; ${index} < ${length}; ${index} += 1)`, () => {
    writer.line(`${item} = ${list} ? ${source}[${index}] : ${source};`);
    write(item, index, length);
  });
}

/** A filter: `write` is what is done with each item that passes. A number is the place of the item that passes. */
function emitTest(
  emitter: Emitter,
  source: string,
  { item, test }: Extract<Stage, { kind: "test" }>,
  write: (item: string) => void,
): void {
  const { writer } = emitter;
  forItems(emitter, source, "input", (variable, index, length) => {
    emitter.place(item, variable);
    if ((emitter.kindsOf(test) & (Kind.Number | Kind.List)) === 0) {
      writer.block(`if (${emitter.truth(test)})`, () => write(variable));
      return;
    }
    const times = writer.assigned(`picks(${emitter.value(test)}, ${index}, ${length})`);
    writer.block(`for (; ${times} > 0; ${times} -= 1)`, () => write(variable));
  });
}

/** A filter by itself: gives the list of what passes. */
export function emitStage(emitter: Emitter, source: string, stage: Stage): string {
  const { writer } = emitter;
  if (stage.kind === "pick") return writer.assigned(`pickListed(${source}, ${stage.index})`);
  const passed = writer.assigned("newSequence()");
  emitTest(emitter, source, stage, (item) => writer.line(`${passed}.push(${item});`));
  return passed;
}

/** What a path has found so far: no list is made before there is a second. */
class Results {
  /** Each is what one step gave, else each is an item. */
  readonly #separate: boolean;
  readonly #emitter: Emitter;
  readonly #count: string;
  readonly #first: string;
  readonly #all: string;

  constructor(emitter: Emitter, separate: boolean) {
    this.#emitter = emitter;
    this.#separate = separate;
    this.#count = emitter.writer.assigned("0");
    this.#first = emitter.writer.assigned("undefined");
    this.#all = emitter.writer.assigned("undefined");
  }

  add(value: string): void {
    const [count, first, all] = [this.#count, this.#first, this.#all];
    const [second, more] = this.#separate
      ? [`secondResult(${first}, ${value})`, `addFlat(${all}, ${value})`]
      : [`twoItems(${first}, ${value})`, `${all}.push(${value})`];
    this.#emitter.writer.line(
      `if ((${count} += 1) === 1) ${first} = ${value}; else if (${count} === 2) ${all} = ${second}; else ${more};`,
    );
  }

  end(gives: PathIr["gives"], keep: boolean, origin: number): string {
    const { writer } = this.#emitter;
    const all = this.#separate && gives === "value" ? `${keep ? "normalKept" : "normal"}(${this.#all})` : this.#all;
    const nothing = gives === "value" ? "undefined" : "newSequence()";
    const one = this.#only(gives, keep, origin);
    return writer.assigned(`${this.#count} === 0 ? ${nothing} : ${this.#count} === 1 ? ${one} : ${all}`);
  }

  #only(gives: PathIr["gives"], keep: boolean, origin: number): string {
    const first = this.#first;
    if (gives !== "value") return this.#separate ? `onlyResultListed(${first})` : `sequenceOf(${first})`;
    if (keep) return this.#separate ? `onlyResultKept(${first})` : `keptSingle(${first})`;
    return this.#separate && origin !== Origin.Record ? `(isList(${first}) ? onlyResult(${first}) : ${first})` : first;
  }
}
