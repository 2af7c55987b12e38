import { resolve } from "node:path";
import { Secret } from "../domain/secret";
import { suggestion } from "../domain/suggest";
import { MOST_BYTES, readTextFile } from "./read-file";
import { reportLiteral } from "./refuse-literal";
import type { Entry } from "./yaml/entry";
import { REFERENCE_ONLY } from "./yaml/mask-secrets";

const REFERENCE = /\$\{([^}]*)\}/g;
const FILE = "file:";

/** Resolves `${NAME}` and, in secret fields, `${file:/path}`. */
export class Variables {
  readonly #files = new Set<string>();

  /**
   * @param home relative paths of secret files begin here
   * @param required whether a variable that is not set is an error; otherwise a warning, and the reference stays as it is
   */
  constructor(
    private readonly env: Readonly<Record<string, string | undefined>>,
    private readonly home: string,
    private readonly required: boolean,
  ) {}

  /** The secret files that were looked for, absolute. */
  get files(): readonly string[] {
    return [...this.#files];
  }

  /** A text with its variables filled in. */
  text(entry: Entry | null): string {
    return entry === null ? "" : this.#fill(entry, false);
  }

  /**
   * A secret, which the file may refer to but never hold.
   *
   * @param mayNameScheme whether a scheme may stand before it, as in `SSWS ${TOKEN}`
   */
  secret(entry: Entry | null, mayNameScheme = false): Secret {
    const written = entry?.written() ?? "";
    if (entry === null || written === "") return new Secret("");
    if (!REFERENCE_ONLY.test(written)) {
      reportLiteral(entry);
      return new Secret("");
    }
    if (!mayNameScheme && !written.startsWith("${")) {
      const message = `\`${entry.name}\` takes a variable alone: what stands before it would be sent as a part of the secret`;
      entry.report({ message, hint: `write \`${written.slice(written.indexOf("${"))}\`` });
      return new Secret("");
    }
    return new Secret(this.#fill(entry, true));
  }

  #fill(entry: Entry, isSecret: boolean): string {
    const written = entry.written() ?? "";
    const unclosed = /\$\{[^}]*$/.exec(written);
    if (unclosed !== null) {
      const part = { index: unclosed.index, length: unclosed[0].length };
      entry.report({ code: "CFG008", message: "this `${` is not closed", hint: "close it with `}`", part });
    }
    return written.replace(REFERENCE, (reference: string, name: string, index: number) => {
      const part = { index, length: reference.length };
      if (name.startsWith(FILE) && isSecret) return this.#file(entry, name.slice(FILE.length), part) ?? reference;
      if (!/^[A-Za-z_]\w*$/.test(name)) {
        const files = name.startsWith(FILE) ? "; files are read in secret fields only" : "";
        entry.report({ code: "CFG008", message: `\`${reference}\` does not name a variable${files}`, part });
        return reference;
      }
      const value = this.env[name];
      if (value !== undefined && value !== "") return value;
      entry.report({
        code: "CFG008",
        severity: this.required ? "error" : "warning",
        message: `the variable \`${name}\` is ${value === "" ? "empty" : "not set"}`,
        hint: suggestion(
          name,
          // One that is set, but empty, is spelt right.
          value === "" ? [] : Object.keys(this.env).filter((known) => known.includes("_")),
          "set it in the environment or in `.env`",
        ),
        part,
      });
      return reference;
    });
  }

  #file(entry: Entry, path: string, part: { index: number; length: number }): string | null {
    const file = resolve(this.home, path);
    this.#files.add(file);
    const read = readTextFile(file, MOST_BYTES.secret);
    const content = typeof read === "string" ? read.replace(/\r?\n$/, "") : "";
    if (content !== "") return content;
    const [why, hint] = typeof read === "string" ? ["is empty", null] : [`cannot be read: ${read.why}`, read.fix];
    const severity = this.required ? "error" : "warning";
    entry.report({ code: "CFG008", severity, message: `the secret file \`${path}\` ${why}`, hint, part });
    return null;
  }
}
