import { BUILTINS } from "./builtins";
import { emitGroup, emitObject, emitStream } from "./emit-groups";
import { emitLoop } from "./emit-loops";
import { emitPath, emitStage } from "./emit-paths";
import { Emitter } from "./emitter";
import { type Ir, Kind } from "./ir";
import { isOwnOnly, member, quoted } from "./writer";

/** Writes the nodes of an expression; paths, groups and loops have files of their own. */
export class ExpressionEmitter extends Emitter {
  value(ir: Ir): string {
    switch (ir.op) {
      case "const":
        return literal(ir.value);
      case "nothing":
        return "undefined";
      case "fail":
        this.writer.line("throw BAIL;");
        return "undefined";
      case "function":
        return "bail";
      case "local":
        return this.variableOf(ir.slot);
      case "let":
        return this.outside.letValue(ir.name);
      case "parent":
        return this.outside.parent;
      case "bound":
        return `${this.variableOf(ir.tuple)}[${quoted(ir.name)}]`;
      case "unwrap":
        return `contextItself(${this.variableOf(ir.slot)})`;
      case "listed":
        return `listed(${this.atom(ir.value)})`;
      case "single":
        return `sequenceOf(${this.atom(ir.item)})`;
      case "if":
        return this.#choice(ir);
      case "logic":
        return this.#logic(ir);
      case "binary":
        return this.#binary(ir.operator, ir.left, ir.right);
      case "negate":
        return this.#negated(this.atom(ir.value));
      case "list":
        return this.#list(ir);
      case "range":
        return `range(${ir.from}, ${ir.to})`;
      case "do":
        return this.#assignments(ir);
      case "normal":
        return this.#normal(ir.value, ir.keep);
      case "field":
        return this.field(this.atom(ir.of), ir.name, this.kindsOf(ir.of));
      case "wildcard":
        return `wildcard(${this.atom(ir.of)})`;
      case "descendants":
        return `descendants(${this.atom(ir.of)})`;
      case "stage":
        return emitStage(this, this.atom(ir.of), ir.stage);
      case "path":
        return emitPath(this, ir);
      case "stream":
        return emitStream(this, ir);
      case "object":
        return emitObject(this, ir);
      case "group":
      case "groupStream":
        return emitGroup(this, ir);
      case "call":
        return this.#call(ir);
      default:
        return emitLoop(this, ir);
    }
  }

  /** A property of a value that may be anything; of a list, the property of all its items. */
  field(value: string, name: string, kinds: number): string {
    if ((kinds & (Kind.Object | Kind.List)) === 0) return "undefined";
    const of = this.writer.variableFor(value);
    const mayBeList = (kinds & Kind.List) !== 0;
    if (!isOwnOnly(name)) return `${mayBeList ? "field" : "own"}(${of}, ${quoted(name)})`;
    if (kinds === Kind.Object) return `${of}${member(name)}`;
    // On what is no object such a name reads undefined; so only then a list has to be looked for.
    const read = `${of}?.${member(name).replace(/^\./, "")}`;
    if (!mayBeList) return read;
    return this.writer.once(`${of} item ${name}`, () => {
      const variable = this.writer.assigned(this.writer.read(read));
      this.writer.line(
        `if (${variable} === undefined && isList(${of})) ${variable} = fieldOfList(${of}, ${quoted(name)});`,
      );
      return variable;
    });
  }

  #normal(ir: Ir, keep: boolean): string {
    if (ir.op === "field") {
      const of = this.atom(ir.of);
      return keep ? `fieldOfListKept(${of}, ${quoted(ir.name)})` : this.field(of, ir.name, this.kindsOf(ir.of));
    }
    const value = this.atom(ir);
    if (!this.mayBeList(ir)) return value;
    return `${keep ? "normalKept" : "normal"}(${value})`;
  }

  #choice(ir: Extract<Ir, { op: "if" }>): string {
    const { writer } = this;
    const test = this.truth(ir.test);
    const then = writer.apart(() => this.value(ir.yes));
    const otherwise = writer.apart(() => this.value(ir.no));
    if (then.lines.length === 0 && otherwise.lines.length === 0)
      return `(${test} ? ${then.value} : ${otherwise.value})`;
    const result = writer.variable();
    writer.line(`if (${test}) {`);
    for (const line of [...then.lines, `${result} = ${then.value};`, "} else {"]) writer.line(line);
    for (const line of [...otherwise.lines, `${result} = ${otherwise.value};`, "}"]) writer.line(line);
    return result;
  }

  #logic({ operator, left, right }: Extract<Ir, { op: "logic" }>): string {
    const { writer } = this;
    const first = this.truth(left);
    const second = writer.apart(() => this.truth(right));
    if (second.lines.length === 0) return `(${first} ${operator === "and" ? "&&" : "||"} ${second.value})`;
    const result = writer.assigned(first);
    writer.line(operator === "and" ? `if (${result}) {` : `if (!${result}) {`);
    for (const line of [...second.lines, `${result} = ${second.value};`, "}"]) writer.line(line);
    return result;
  }

  #binary(operator: string, left: Ir, right: Ir): string {
    if (operator === "&") return this.#text([left, right]);
    const [one, other] = [this.atom(left), this.atom(right)];
    switch (operator) {
      case "=":
        if (isScalar(left) || isScalar(right)) return `(${one} === ${other})`;
        return `(${one} === ${other} ? ${one} !== undefined : same(${one}, ${other}))`;
      case "!=":
        if (isScalar(left)) return `(${other} !== undefined && ${one} !== ${other})`;
        if (isScalar(right)) return `(${one} !== undefined && ${one} !== ${other})`;
        return `differs(${one}, ${other})`;
      case "in":
        return `isIn(${one}, ${other})`;
      case "<":
      case "<=":
      case ">":
      case ">=":
        return `(${this.#areOrdered(left, one, right, other)} ? ${one} ${operator} ${other} : noOrder(${one}, ${other}))`;
      default:
        return this.#arithmetic(operator, left, one, right, other);
    }
  }

  #arithmetic(operator: string, left: Ir, one: string, right: Ir, other: string): string {
    const checks = [
      ...(left.op === "const" && typeof left.value === "number" ? [] : [`isFinite(${one})`]),
      ...(right.op === "const" && typeof right.value === "number" ? [] : [`isFinite(${other})`]),
    ];
    const result = `${one} ${operator} ${other.startsWith("-") ? `(${other})` : other}`;
    return checks.length === 0 ? `(${result})` : `(${checks.join(" && ")} ? ${result} : noNumber(${one}, ${other}))`;
  }

  #areOrdered(left: Ir, one: string, right: Ir, other: string): string {
    for (const [constant, atom] of [
      [left, other],
      [right, one],
    ] as const) {
      if (constant.op !== "const") continue;
      const kind = typeof constant.value;
      return kind === "number" || kind === "string" ? `typeof ${atom} === "${kind}"` : "false";
    }
    return `typeof ${one} === typeof ${other} && (typeof ${one} === "number" || typeof ${one} === "string")`;
  }

  #negated(value: string): string {
    return `(isFinite(${value}) ? -${value.startsWith("-") ? `(${value})` : value} : noNumber(${value}, 0))`;
  }

  /** A chain of `&` is one text, paid for once. */
  #text(parts: readonly Ir[]): string {
    const pieces = parts.flatMap(partsOf).map((part) => {
      const value = this.atom(part);
      if (this.kindsOf(part) === Kind.String) return value;
      return `(typeof ${value} === "string" ? ${value} : piece(${value}))`;
    });
    const text = this.writer.assigned(pieces.join(" + "));
    this.writer.line(`if ((fuel.left -= ${text}.length) < 0) throw OUT_OF_FUEL;`);
    return text;
  }

  #list({ items, solid }: Extract<Ir, { op: "list" }>): string {
    const { writer } = this;
    const list = writer.assigned("[]");
    for (const { value, whole } of items) {
      const item = this.atom(value);
      if (this.mayBeList(value) && !whole) writer.line(`addItem(${list}, ${item});`);
      else if ((this.kindsOf(value) & Kind.Undefined) === 0) writer.line(`${list}.push(${item});`);
      else writer.line(`if (${item} !== undefined) ${list}.push(${item});`);
    }
    return solid ? `solid(${list})` : list;
  }

  #assignments({ steps, value }: Extract<Ir, { op: "do" }>): string {
    for (const step of steps) {
      const result = this.atom(step.value);
      if (step.slot !== null) this.place(step.slot, result, this.kindsOf(step.value));
    }
    return this.value(value);
  }

  #call({ name, args, pattern }: Extract<Ir, { op: "call" }>): string {
    const values = args.map((arg) => this.atom(arg));
    if (pattern !== undefined) {
      const withPattern = BUILTINS[name]?.withPattern ?? name;
      return `${withPattern}(${[this.writer.constant(pattern), ...values].join(", ")})`;
    }
    if (name === "exists") return `(${values[0]} !== undefined)`;
    // What a builtin gives is made once, however often its value is used.
    return this.writer.assigned(`builtins.${name}(${values.join(", ")})`);
  }
}

function literal(value: string | number | boolean | null): string {
  return Object.is(value, -0) ? "-0" : JSON.stringify(value);
}

/** A constant that equals only itself. */
const isScalar = (ir: Ir): boolean => ir.op === "const";

const partsOf = (ir: Ir): readonly Ir[] =>
  ir.op === "binary" && ir.operator === "&" ? [...partsOf(ir.left), ...partsOf(ir.right)] : [ir];
