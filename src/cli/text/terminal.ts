import type { Readable, Writable } from "node:stream";
import { createColors } from "picocolors";

export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** What surrounds a command: data goes to `stdout`, talk to `stderr`. */
export interface Terminal {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The current folder. */
  readonly cwd: string;
}

export type Palette = Pick<
  ReturnType<typeof createColors>,
  "isColorSupported" | "bold" | "dim" | "red" | "yellow" | "green" | "cyan"
>;

const isOn = (value: string | undefined): boolean => value !== undefined && !/^(|0|false|no)$/i.test(value);

/** Colours on a terminal that has them; `NO_COLOR` switches them off, `FORCE_COLOR` on. They never carry meaning alone. */
export function paletteFor(stream: Output, env: Terminal["env"]): Palette {
  return createColors(wantsColor(stream, env));
}

function wantsColor(stream: Output, env: Terminal["env"]): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  if (env.FORCE_COLOR !== undefined) return isOn(env.FORCE_COLOR);
  return stream.isTTY === true && env.TERM !== "dumb" && !isOn(env.CI) && !isOn(env.ACCESSIBLE);
}

/** Whether lines may be redrawn in place. */
export const canRedraw = (stream: Output, env: Terminal["env"]): boolean =>
  stream.isTTY === true && env.TERM !== "dumb" && !isOn(env.CI) && !isOn(env.ACCESSIBLE);
