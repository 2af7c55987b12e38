import { spawn } from "node:child_process";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import type { CustomerSystem } from "./customer-system/customer-system";
import type { Step } from "./story";

export interface Stage {
  readonly acme: CustomerSystem;
  /** Runs the command line with arguments; what it says goes to the audience. */
  readonly run: (args: readonly string[]) => Promise<{ readonly exitCode: number | null; readonly said: string }>;
  readonly say: (line: string) => void;
}

/**
 * The real command line in a process of its own, as an operator runs it; `program` is the script. Its talk (progress,
 * errors) goes straight to our standard error; its data passes through, and `said` is that without colours.
 */
export const commandLine =
  (program: string, env: NodeJS.ProcessEnv): Stage["run"] =>
  async (args) => {
    const child = spawn(process.execPath, [program, ...args], { env, stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
      process.stdout.write(chunk);
    });
    const [exitCode] = (await once(child, "close")) as [number | null];
    return { exitCode, said: stripVTControlCharacters(said) };
  };

/** Plays one step; answers with what did not go as told, and with the plan's id when one was shown. */
export async function playStep(
  { narration, before, command, exitCode, tells }: Step,
  { acme, run, say }: Stage,
  plan: string,
): Promise<{ readonly wrong: readonly string[]; readonly plan: string }> {
  await before?.(acme);
  const args = command.map((word) => (word === "{plan}" ? plan : word));
  say(`\n# ${narration}`);
  say(`$ understudy ${args.join(" ")}\n`);
  const { exitCode: found, said } = await run(args);
  return {
    wrong: [
      ...(found === exitCode ? [] : [`exit code ${found} instead of ${exitCode}`]),
      ...tells.filter((fact) => !fact.test(said)).map((fact) => `the output does not tell ${fact}`),
    ],
    plan: /--plan (p_\w+)/.exec(said)?.[1] ?? plan,
  };
}
