import type { CommandLine } from "./command-line";
import type { CustomerSystem } from "./customer-system/customer-system";
import type { Step } from "./story";

export interface Stage extends CommandLine {
  readonly acme: CustomerSystem;
  /** The folder worked in. */
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Aborted when the audience has had enough. */
  readonly signal: AbortSignal;
}

/** Plays one step; answers with what did not go as told, and with the plan's id when one was shown. */
export async function playStep(
  { narration, before, command, password, shows, exitCode, tells }: Step,
  { acme, run, say }: Stage,
  plan = "",
): Promise<{ readonly wrong: readonly string[]; readonly plan: string }> {
  await before?.(acme);
  const args = command.map((word) => (word === "{plan}" ? plan : word));
  say(`\n# ${narration}`);
  say(`$ ${password === undefined ? "" : `echo '${password}' | `}understudy ${args.join(" ")}\n`);
  const { exitCode: found, said } = await run(args, shows, password === undefined ? undefined : `${password}\n`);
  return {
    wrong: [
      ...(found === exitCode ? [] : [`exit code ${found} instead of ${exitCode}`]),
      ...tells.filter((fact) => !fact.test(said)).map((fact) => `the output does not tell ${fact}`),
    ],
    plan: /--plan (p_\w+)/.exec(said)?.[1] ?? plan,
  };
}
