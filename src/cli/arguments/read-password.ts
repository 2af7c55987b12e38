import { Failure } from "../../domain/errors";
import type { Terminal } from "../text/terminal";

/** Longer input is no password, and nobody is to fill the memory. Bytes. */
const LONGEST = 64 * 1024;

type Keyboard = Terminal["stdin"] & {
  readonly isTTY?: boolean;
  readonly setRawMode?: (raw: boolean) => unknown;
};

/**
 * A password from a prompt, or the first line of standard input where there is no terminal; never from an argument, which others
 * can see.
 *
 * @throws Failure USE001 for input that is none, RUN004 when the prompt is left with Ctrl-C
 */
export async function readPassword({ stdin, stderr }: Terminal, question: string): Promise<string> {
  const keyboard = stdin as Keyboard;
  const password = keyboard.isTTY === true ? await prompt(keyboard, stderr, question) : await readLine(stdin);
  if (password === "")
    throw new Failure("USE001", "no password was given", {
      fix: "type it at the prompt, or give it as the first line of standard input",
    });
  return password;
}

async function readLine(stdin: Terminal["stdin"]): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Uint8Array | string);
    chunks.push(bytes);
    size += bytes.length;
    if (bytes.includes(0x0a) || size > LONGEST) break;
  }
  const text = decode(Buffer.concat(chunks));
  return text.split(/\r?\n/, 1)[0] ?? "";
}

/** A password is taken byte for byte; what is no text would be changed. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Failure("USE001", "the password is not UTF-8 text", { fix: "give it as UTF-8 on standard input" });
  }
}

/** Nothing of it is shown, not even how long it is. */
async function prompt(keyboard: Keyboard, stderr: Terminal["stderr"], question: string): Promise<string> {
  stderr.write(`${question}: `);
  keyboard.setRawMode?.(true);
  let typed = "";
  try {
    for await (const chunk of keyboard) {
      for (const key of String(chunk)) {
        if (key === "\r" || key === "\n" || key === "\u0004") return typed;
        if (key === "\u0003") throw new Failure("RUN004", "left at the prompt; nothing was done");
        typed = key === "\u007f" || key === "\b" ? [...typed].slice(0, -1).join("") : typed + key;
      }
    }
    return typed;
  } finally {
    keyboard.setRawMode?.(false);
    stderr.write("\n");
  }
}
