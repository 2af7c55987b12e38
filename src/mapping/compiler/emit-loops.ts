import { closure } from "./emit-groups";
import type { Emitter } from "./emitter";
import { COST } from "./fuel";
import type { Ir } from "./ir";

type LoopIr = Extract<Ir, { op: "loop" }>;
type OtherIr = Extract<Ir, { op: "loop" | "sort" | "replace" | "transform" | "checked" }>;

/** Builtins that call a function, with the function in place. */
export function emitLoop(emitter: Emitter, ir: OtherIr): string {
  const { writer } = emitter;
  switch (ir.op) {
    case "sort": {
      const over = emitter.atom(ir.over);
      const swaps = writer.closure(() => ({
        params: [emitter.parameter(ir.left), emitter.parameter(ir.right)],
        // Here JSONata goes by JavaScript's truth.
        value: emitter.value(ir.swaps),
      }));
      return writer.assigned(`sortWith(${over}, ${swaps})`);
    }
    case "replace": {
      const [text, limit] = [emitter.atom(ir.text), emitter.atom(ir.limit)];
      const substitute = closure(emitter, ir.match, ir.body);
      return writer.assigned(`replaceBy(${writer.constant(ir.pattern)}, ${text}, ${substitute}, ${limit})`);
    }
    case "transform": {
      const of = emitter.atom(ir.of);
      const pattern = closure(emitter, ir.clone, ir.pattern);
      const update = closure(emitter, ir.match, ir.update);
      const deletes = ir.delete === null ? "null" : closure(emitter, ir.match, ir.delete);
      return writer.assigned(`transform(${of}, ${pattern}, ${update}, ${deletes})`);
    }
    case "checked":
      return emitChecked(emitter, ir);
    case "loop":
      return ir.kind === "each" || ir.kind === "sift" ? emitObjectLoop(emitter, ir) : emitListLoop(emitter, ir);
  }
}

/** A function whose signature is checked, by JSONata's own code, before its body runs. */
function emitChecked(emitter: Emitter, ir: Extract<Ir, { op: "checked" }>): string {
  const { writer } = emitter;
  const args = ir.args.map((arg) => emitter.atom(arg));
  const checked = writer.assigned(
    `validated(${writer.constant(ir.signature)}, [${args.join(", ")}], ${emitter.atom(ir.context)})`,
  );
  for (const [index, slot] of ir.params.entries()) emitter.place(slot, writer.assigned(`${checked}[${index}]`));
  return emitter.value(ir.body);
}

/** `$map`, `$filter`, `$single` and `$reduce`. */
function emitListLoop(emitter: Emitter, ir: LoopIr): string {
  const { writer } = emitter;
  const over = emitter.atom(ir.over);
  const start = emitter.atom(ir.start);
  const result = writer.assigned("undefined");
  writer.block(`if (${over} !== undefined)`, () => {
    const list = writer.assigned(emitter.mayBeList(ir.over) ? `isList(${over}) ? ${over} : [${over}]` : `[${over}]`);
    writer.line(`if ((fuel.left -= ${list}.length * ${COST.property}) < 0) throw OUT_OF_FUEL;`);
    if (ir.kind === "reduce") emitReduce(emitter, ir, list, start, result);
    else emitSelection(emitter, ir, list, result);
  });
  return result;
}

function emitSelection(emitter: Emitter, ir: LoopIr, list: string, result: string): void {
  const { writer } = emitter;
  const single = ir.kind === "single";
  const count = single ? writer.assigned("0") : null;
  if (!single) writer.line(`${result} = newSequence();`);
  const [index, item] = [writer.variable(), writer.variable()];
  writer.block(`for (${index} = 0; ${index} < ${list}.length; ${index} += 1)`, () => {
    writer.line(`${item} = ${list}[${index}];`);
    for (const [place, variable] of [item, index, list].entries()) {
      const slot = ir.params[place];
      if (slot !== undefined) emitter.place(slot, variable);
    }
    if (ir.kind === "map") {
      const value = emitter.atom(ir.body);
      writer.line(`if (${value} !== undefined) ${result}.push(${value});`);
    } else if (count === null) writer.line(`if (${emitter.truth(ir.body)}) ${result}.push(${item});`);
    else
      writer.block(`if (${emitter.truth(ir.body)})`, () => {
        writer.line(`if ((${count} += 1) > 1) throw BAIL;`);
        writer.line(`${result} = ${item};`);
      });
  });
  // None and more than one are errors.
  if (count !== null) writer.line(`if (${count} !== 1) throw BAIL;`);
}

function emitReduce(emitter: Emitter, ir: LoopIr, list: string, start: string, result: string): void {
  const { writer } = emitter;
  const index = writer.variable();
  writer.line(`if (${start} === undefined && ${list}.length > 0) { ${result} = ${list}[0]; ${index} = 1; }`);
  writer.line(`else { ${result} = ${start}; ${index} = 0; }`);
  const item = writer.variable();
  const found = writer.variable();
  writer.block(`for (; ${index} < ${list}.length; ${index} += 1)`, () => {
    writer.line(`${item} = ${list}[${index}];`);
    // Kept apart, for the body may use it after the result is assigned.
    writer.line(`${found} = ${result};`);
    for (const [place, variable] of [found, item, index, list].entries()) {
      const slot = ir.params[place];
      if (slot !== undefined) emitter.place(slot, variable);
    }
    writer.line(`${result} = ${emitter.value(ir.body)};`);
  });
}

/** `$each` and `$sift`, over the properties of an object. */
function emitObjectLoop(emitter: Emitter, ir: LoopIr): string {
  const { writer } = emitter;
  const over = writer.variableFor(emitter.value(ir.over));
  const names = writer.assigned(`namesOf(${over})`);
  const result = writer.assigned(ir.kind === "each" ? "newSequence()" : "undefined");
  const [index, name, item] = [writer.variable(), writer.variable(), writer.variable()];
  writer.block(`for (${index} = 0; ${index} < ${names}.length; ${index} += 1)`, () => {
    writer.line(`${name} = ${names}[${index}]; ${item} = ${over}[${name}];`);
    for (const [place, variable] of [item, name, over].entries()) {
      const slot = ir.params[place];
      if (slot !== undefined) emitter.place(slot, variable);
    }
    if (ir.kind === "each") {
      const value = emitter.atom(ir.body);
      writer.line(`if (${value} !== undefined) ${result}.push(${value});`);
    } else writer.line(`if (${emitter.truth(ir.body)}) (${result} ??= new Made())[${name}] = ${item};`);
  });
  return result;
}
