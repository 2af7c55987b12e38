import { ExpressionEmitter } from "./emit";
import { refuel } from "./fuel";
import { instantiate } from "./instantiate";
import { Kind } from "./ir";
import type { LoweredExpression } from "./lower";
import { outcomeOf } from "./outcomes";
import { isList, sequenceOf } from "./sequences";
import { quoted, Writer } from "./writer";

export type StandaloneFunction = (record: unknown, parent: unknown, lets: Readonly<Record<string, unknown>>) => unknown;

/**
 * One expression by itself. Gives the value; throws `Bail` when the reference must answer, `OutOfFuel` when it does too
 * much. The record is JSON as JSON.parse makes it, without property names that begin with `_jsonata_`.
 */
export function compileStandalone(code: LoweredExpression): StandaloneFunction {
  const writer = new Writer();
  const emitter = new ExpressionEmitter(writer, {
    parent: "parent",
    letValue: (name) => `own(lets, ${quoted(name)})`,
    letKinds: () => Kind.Any,
  });
  emitter.place(code.root, "root", Kind.Any);
  emitter.place(code.input, "record", Kind.Any);
  const value = emitter.value(code.ir);
  const run = instantiate<Run>(writer, ["root", "record", "parent", "lets"], `return ${value};`);
  return (record, parent, lets) => {
    refuel();
    try {
      return run(wrapped(record), record, parent, lets);
    } catch (error) {
      throw outcomeOf(error);
    }
  };
}

type Run = (root: unknown, record: unknown, parent: unknown, lets: Readonly<Record<string, unknown>>) => unknown;

/** JSONata wraps a list at the top, so that it counts as one item. */
function wrapped(record: unknown): unknown {
  if (!isList(record) || record.sequence === true) return record;
  const wrapper = sequenceOf(record);
  wrapper.outerWrapper = true;
  return wrapper;
}
