/** One function of the emitted program: its statements so far, and the variables they need. */
interface Frame {
  readonly lines: string[];
  readonly variables: string[];
}

interface FunctionParts {
  readonly params: readonly string[];
  readonly value: string;
}

/** Writes the text of the emitted program: statements in order, variables declared once, constants set apart. */
export class Writer {
  readonly constants: unknown[] = [];
  /** Functions that stand beside the one that is written. */
  readonly functions: string[] = [];
  readonly #functionNames = new Map<string, string>();
  /** What is in a variable already, wherever the code at hand runs. Values never change, so it stays right. */
  #known: ReadonlyMap<string, string> = new Map();
  #frame: Frame = { lines: [], variables: [] };
  #names = 0;

  /** A new variable of the function that is being written. */
  variable(): string {
    this.#names += 1;
    const name = `v${this.#names}`;
    this.#frame.variables.push(name);
    return name;
  }

  line(text: string): void {
    this.#frame.lines.push(text);
  }

  /** A value that has no text, such as a list of names. */
  constant(value: unknown): string {
    this.constants.push(value);
    return `k${this.constants.length - 1}`;
  }

  /** An expression in a variable, unless it is a variable or a literal already. */
  atom(expression: string): string {
    return isAtom(expression) ? expression : this.assigned(expression);
  }

  /** An atom that is a variable, whose properties can be read. */
  variableFor(expression: string): string {
    return /^[a-z]/.test(expression) && !/^(?:true|false|null|undefined)$/.test(expression) && isAtom(expression)
      ? expression
      : this.assigned(expression);
  }

  assigned(expression: string): string {
    const name = this.variable();
    this.line(`${name} = ${expression};`);
    return name;
  }

  /** What `write` gives, written once for all code that follows or lies within. `key` says what it is. */
  once(key: string, write: () => string): string {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const written = write();
    this.#known = new Map(this.#known).set(key, written);
    return written;
  }

  /** An expression in a variable that holds it already, or else does from now on. */
  read(expression: string): string {
    return this.once(expression, () => this.assigned(expression));
  }

  /** What is written within is not known behind: it may not have run. */
  #within<T>(write: () => T): T {
    const known = this.#known;
    const value = write();
    this.#known = known;
    return value;
  }

  /** What `write` writes, kept apart; its variables are those of the function at hand. */
  apart<T>(write: () => T): { readonly lines: readonly string[]; readonly value: T } {
    const outer = this.#frame;
    this.#frame = { lines: [], variables: outer.variables };
    const value = this.#within(write);
    const { lines } = this.#frame;
    this.#frame = outer;
    return { lines, value };
  }

  block(head: string, write: () => void): void {
    this.line(`${head} {`);
    this.#within(write);
    this.line("}");
  }

  /** A function of its own, in a variable. `write` gives the parameters and the value. */
  closure(write: () => FunctionParts): string {
    return this.assigned(this.#function(write));
  }

  /** A function that uses no variable of another, beside the one that is written; `key` says which it is. */
  beside(key: string, write: () => FunctionParts): string {
    const found = this.#functionNames.get(key);
    if (found !== undefined) return found;
    const known = this.#known;
    this.#known = new Map();
    const name = `f${this.#functionNames.size}`;
    this.#functionNames.set(key, name);
    const text = this.#function(write);
    this.functions.push(`const ${name} = ${text};`);
    this.#known = known;
    return name;
  }

  #function(write: () => FunctionParts): string {
    const outer = this.#frame;
    this.#frame = { lines: [], variables: [] };
    const { params, value } = this.#within(write);
    const text = `(${params.join(", ")}) => {\n${this.body()}\nreturn ${value};\n}`;
    this.#frame = outer;
    return text;
  }

  /** A parameter of the function that is being written. */
  parameter(): string {
    this.#names += 1;
    return `p${this.#names}`;
  }

  /** The function's variables and statements. */
  body(): string {
    const { lines, variables } = this.#frame;
    return [...(variables.length === 0 ? [] : [`let ${variables.join(", ")};`]), ...lines].join("\n");
  }
}

const isAtom = (expression: string): boolean =>
  /^(?:[A-Za-z_$][\w$]*|-?\d+(?:\.\d+)?|"(?:[^"\\]|\\.)*")$/.test(expression);

/** A name in a property access. Anything but a plain identifier goes in quotes, so that no name becomes code. */
export const member = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${quoted(name)}]`);

export const quoted = (text: string): string => JSON.stringify(text);

const INHERITED: ReadonlySet<string> = new Set(
  [Object, String, Number, Boolean, Array].flatMap((kind) => Object.getOwnPropertyNames(kind.prototype)),
);
const MARKS: ReadonlySet<string> = new Set(["sequence", "keepSingleton", "cons", "outerWrapper", "tupleStream"]);

/** Whether only an object of the record can have a property of this name, so that reading it needs no guard. */
export const isOwnOnly = (name: string): boolean => !INHERITED.has(name) && !MARKS.has(name) && !/^\d/.test(name);
