import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";

/** The real command line in processes of its own, as an operator runs it. */
export interface CommandLine {
  /**
   * Talk (progress, errors) goes straight to the audience; the data follows, or only its first `lines`. `said` is all of the
   * data without colours. `input` is what is typed on standard input.
   */
  readonly run: (
    args: readonly string[],
    lines?: number,
    input?: string,
  ) => Promise<{ readonly exitCode: number | null; readonly said: string }>;
  /** What a command answers as JSON, without the audience. Throws an Error when it fails. */
  readonly ask: (args: readonly string[]) => Promise<unknown>;
  /** A command that stays; its standard error is the log, as lines of JSON. */
  readonly start: (args: readonly string[]) => ChildProcess;
}

const STDIO: StdioOptions = ["ignore", "pipe", "inherit"];

/** `program` is the script. */
export function commandLine(program: string, env: NodeJS.ProcessEnv): CommandLine {
  return {
    async run(args, lines = Number.POSITIVE_INFINITY, input) {
      const child = spawn(process.execPath, [program, ...args], { env, stdio: ["pipe", "pipe", "inherit"] });
      child.stdin.end(input);
      const { exitCode, said } = await ended(child);
      process.stdout.write(firstLines(said, lines));
      return { exitCode, said: stripVTControlCharacters(said) };
    },
    async ask(args) {
      const child = spawn(process.execPath, [program, ...args, "--json"], { env, stdio: STDIO });
      const { exitCode, said } = await ended(child);
      if (exitCode !== 0) throw new Error(`understudy ${args.join(" ")} ended with exit code ${exitCode}`);
      return JSON.parse(said);
    },
    start: (args) =>
      spawn(process.execPath, [program, ...args], {
        env: { ...env, LOG_LEVEL: "info", LOG_FORMAT: "json" },
        stdio: ["ignore", "ignore", "pipe"],
      }),
  };
}

async function ended(child: ChildProcess): Promise<{ readonly exitCode: number | null; readonly said: string }> {
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    said += chunk;
  });
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, said };
}

function firstLines(text: string, count: number): string {
  const lines = text.split("\n");
  const left = lines.length - 1 - count;
  return left > 0 ? `${lines.slice(0, count).join("\n")}\n  … and ${left} lines more\n` : text;
}
