import { posix } from "node:path";
import { indented } from "./layout";
import type { Palette } from "./terminal";

export interface PageOptions {
  readonly palette: Palette;
  /** Columns a line may take; blocks of code are never broken. */
  readonly width: number;
  /** The folder the page lies in, from the root of the project, for its links. */
  readonly folder: string;
}

/** A block of code, or any run of lines without an empty one. */
const BLOCKS = /^```\w*\n(?<code>[\s\S]*?)^```$|(?<lines>\S.*(?:\n(?!```).+)*)/gm;

/** Our own documents' Markdown for a terminal: headings, paragraphs, lists and code. Backticks stay, as in all messages. */
export function markdownText(markdown: string, { palette, width, folder }: PageOptions): string {
  const shown = [...markdown.matchAll(BLOCKS)].map(({ groups = {} }) => {
    const { code, lines = "" } = groups;
    if (code !== undefined) return indented(code.trimEnd().split("\n"), "    ").join("\n");
    const [, heading] = /^#+ (.*)$/.exec(lines) ?? [];
    if (heading !== undefined) return palette.bold(wrapped(heading, width).join("\n"));
    const text = withoutLinks(lines, folder);
    return text.startsWith("- ")
      ? text
          .split(/^- /m)
          .slice(1)
          .flatMap((item) => wrapped(item, width - 2).map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`)))
          .join("\n")
      : wrapped(text, width).join("\n");
  });
  return shown.join("\n\n");
}

/** A link to another page of the folder is its words; one that leads elsewhere names the file or the address. */
const withoutLinks = (text: string, folder: string): string =>
  text.replace(/\[([^\]]+)\]\(([^)#\s]+)[^)]*\)/g, (_, words: string, target: string) => {
    if (/^https?:/.test(target)) return `${words} (${target})`;
    return target.includes("/") ? `${words} (${posix.join(folder, target)})` : words;
  });

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
