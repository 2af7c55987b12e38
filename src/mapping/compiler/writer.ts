/** One function of the emitted program: its statements so far, and the variables they need. */
interface Frame {
  readonly lines: string[];
  readonly variables: string[];
}

/** Writes the text of the emitted program: statements in order, variables declared once, constants set apart. */
export class Writer {
  readonly constants: unknown[] = [];
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
    return /^[a-z]/.test(expression) && isAtom(expression) ? expression : this.assigned(expression);
  }

  assigned(expression: string): string {
    const name = this.variable();
    this.line(`${name} = ${expression};`);
    return name;
  }

  /** What `write` writes, kept apart; its variables are those of the function at hand. */
  apart<T>(write: () => T): { readonly lines: readonly string[]; readonly value: T } {
    const outer = this.#frame;
    this.#frame = { lines: [], variables: outer.variables };
    const value = write();
    const { lines } = this.#frame;
    this.#frame = outer;
    return { lines, value };
  }

  block(head: string, write: () => void): void {
    this.line(`${head} {`);
    write();
    this.line("}");
  }

  /** A function of its own, in a variable. `write` gives the parameters and the value. */
  closure(write: () => { readonly params: readonly string[]; readonly value: string }): string {
    const outer = this.#frame;
    this.#frame = { lines: [], variables: [] };
    const { params, value } = write();
    const text = `(${params.join(", ")}) => {\n${this.body()}\nreturn ${value};\n}`;
    this.#frame = outer;
    return this.assigned(text);
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
