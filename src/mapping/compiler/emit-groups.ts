import type { Emitter } from "./emitter";
import { type Ir, Kind, type Slot, type StreamIr, type TupleCode, type TupleStage } from "./ir";
import { member, quoted } from "./writer";

/** An object written out: its values see one context, so it needs no grouping. */
export function emitObject(emitter: Emitter, { of, context, entries }: Extract<Ir, { op: "object" }>): string {
  const { writer } = emitter;
  const source = emitter.atom(of);
  const isList = emitter.mayBeList(of);
  const seen = isList ? writer.assigned(`isList(${source}) ? contextOfItems(${source}) : ${source}`) : source;
  emitter.place(context, seen, isList ? Kind.Any : emitter.kindsOf(of));
  const object = writer.assigned("new Made()");
  for (const { key, value } of entries) {
    const found = emitter.atom(value);
    if (found === "undefined") continue;
    const always = (emitter.kindsOf(value) & Kind.Undefined) === 0;
    writer.line(`${always ? "" : `if (${found} !== undefined) `}${object}${member(key)} = ${found};`);
  }
  return object;
}

/** Groups whose keys are worked out. */
export function emitGroup(emitter: Emitter, ir: Extract<Ir, { op: "group" | "groupStream" }>): string {
  const { writer } = emitter;
  if (ir.op === "groupStream") {
    const { items, stream } = emitSteps(emitter, ir.of);
    // Without an item there is no stream, and what is grouped is one item that is not there.
    if (ir.of.breaks && ir.of.keep) writer.line(`if (${items}.length === 0) throw BAIL;`);
    const grouped = ir.of.breaks ? `${items}.length === 0 ? NO_STREAM : ${stream}` : stream;
    const pairs = ir.pairs.map(({ key, value }) => `[${tupleClosure(emitter, key)}, ${tupleClosure(emitter, value)}]`);
    return writer.assigned(`groupStream(${grouped}, [${pairs.join(", ")}])`);
  }
  const source = emitter.atom(ir.of);
  const pairs = ir.pairs.map(({ key, value }) =>
    [key, value].map((code) => closure(emitter, ir.context, code)).join(", "),
  );
  return writer.assigned(`group(${source}, [${pairs.map((pair) => `[${pair}]`).join(", ")}])`);
}

/** A function of one variable. */
export const closure = (emitter: Emitter, slot: Slot, code: Ir): string =>
  emitter.writer.closure(() => ({ params: [emitter.parameter(slot)], value: emitter.value(code) }));

const tupleClosure = (emitter: Emitter, { item, tuple, value }: TupleCode): string =>
  emitter.writer.closure(() => ({
    params: [emitter.parameter(item), emitter.parameter(tuple)],
    value: emitter.value(value),
  }));

/** A path with bindings. */
export function emitStream(emitter: Emitter, ir: StreamIr): string {
  const { items, stream } = emitSteps(emitter, ir);
  if (ir.carries) return stream;
  const value = `endStream(${stream}, ${ir.keep})`;
  return emitter.writer.assigned(
    ir.breaks ? `${items}.length === 0 ? endedPath(${items}, ${ir.keep}) : ${value}` : value,
  );
}

/** The items it begins with, and the stream they become, step by step. */
function emitSteps(emitter: Emitter, { source, steps }: StreamIr): { readonly items: string; readonly stream: string } {
  const { writer } = emitter;
  const items = emitter.atom(source);
  let stream = steps[0]?.kind === "order" && steps[0].begins ? items : writer.assigned(`beginStream(${items})`);
  for (const step of steps) {
    if (step.kind === "each") {
      const names = [step.focus, step.index, step.ancestor].map((name) => (name === null ? "null" : quoted(name)));
      stream = writer.assigned(`stepStream(${stream}, ${tupleClosure(emitter, step.code)}, ${names.join(", ")})`);
    } else {
      const terms = step.terms.map(({ descending, code }) => `[${descending}, ${tupleClosure(emitter, code)}]`);
      const list = `[${terms.join(", ")}]`;
      stream = writer.assigned(
        step.begins
          ? `orderIntoStream(${stream}, ${list}, ${quoted(step.index ?? "")})`
          : `orderStream(${stream}, ${list})`,
      );
    }
    for (const stage of step.stages) stream = emitTupleStage(emitter, stream, stage);
  }
  return { items, stream };
}

function emitTupleStage(emitter: Emitter, stream: string, stage: TupleStage): string {
  const { writer } = emitter;
  switch (stage.kind) {
    case "test":
      return writer.assigned(`testStream(${stream}, ${tupleClosure(emitter, stage.code)})`);
    case "pick":
      return writer.assigned(`pickStream(${stream}, ${stage.index})`);
    case "number":
      return writer.assigned(`numberStream(${stream}, ${quoted(stage.name)})`);
  }
}
