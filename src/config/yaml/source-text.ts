import type { Code } from "../../domain/error-codes";
import type { Problem } from "../../domain/errors";
import type { Position } from "../../domain/mapping";

/** A finding at a span of a text; `start` and `length` count UTF-16 units. */
export interface Finding {
  readonly code: Code;
  readonly severity?: Problem["severity"];
  readonly message: string;
  readonly start: number;
  readonly length: number;
  readonly hint?: string | null;
}

/** The text of one file, able to turn an offset into a place people can find. */
export class SourceText {
  readonly #lineStarts: readonly number[];

  /**
   * @param file how messages name the file
   * @param text what the file holds
   * @param shown the same text with its secrets blanked out, character for character; the only text that frames show
   */
  constructor(
    readonly file: string,
    readonly text: string,
    private readonly shown = text,
  ) {
    this.#lineStarts = [0, ...[...text.matchAll(/\n/g)].map((newline) => newline.index + 1)];
  }

  position(offset: number): Position {
    const line = this.#lineStarts.findLastIndex((start) => start <= offset);
    return { file: this.file, line: line + 1, column: offset - (this.#lineStarts[line] ?? 0) + 1 };
  }

  offset(position: Pick<Position, "line" | "column">): number {
    return (this.#lineStarts[position.line - 1] ?? 0) + position.column - 1;
  }

  /** Whether a span of the text holds something that frames do not show. */
  isHidden(start: number, end: number): boolean {
    return this.text.slice(start, end) !== this.shown.slice(start, end);
  }

  /** The line around an offset, without its line break. */
  lineAt(offset: number): string {
    return this.#line(this.shown, offset);
  }

  problem({ code, severity = "error", message, start, length, hint = null }: Finding): Problem {
    const { file, line, column } = this.position(start);
    const sourceLine = this.#line(this.shown, start);
    // A caret never reaches past the end of its line, whatever it underlines.
    const room = Math.max(1, sourceLine.length - column + 1);
    return {
      code,
      severity,
      message,
      file,
      line,
      column,
      length: Math.min(Math.max(1, length), room),
      sourceLine,
      hint,
    };
  }

  #line(text: string, offset: number): string {
    const start = this.#lineStarts.findLast((lineStart) => lineStart <= offset) ?? 0;
    const end = text.indexOf("\n", start);
    return text.slice(start, end === -1 ? undefined : end).replace(/\r$/, "");
  }
}
