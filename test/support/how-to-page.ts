/**
 * A how-to page as something that can be played. What a reader sees:
 *
 *     ```sh        commands, run one after the other; the exit code is that of the last, the others must be 0
 *     ```text      what the commands above it print; a line `…` stands for any lines, a `…` in a line for anything
 *     ```yaml      a file, when the first line is a comment with its path (so do `dotenv` and `ts`); without, it is an extract
 *     ```console   what cannot be run in a test, and is not
 *
 * What a reader does not see, each a comment of its own line:
 *
 *     <!-- corp: EVENT -->   what happens at the customer's before the next block: see `test/support/corp.ts`
 *     <!-- exit: N -->       the exit code of the next commands, when it is not 0
 *     <!-- stays -->         the next command stays, ready, until the end of the page
 *     <!-- restart -->       the last one that stays is told to end, and started again
 */
export type Act =
  | {
      readonly kind: "run";
      readonly commands: readonly string[];
      readonly exitCode: number;
      readonly shows: string | null;
    }
  | { readonly kind: "stay"; readonly command: string }
  | { readonly kind: "restart" }
  | { readonly kind: "write"; readonly file: string; readonly text: string }
  | { readonly kind: "event"; readonly event: string };

const PARTS = /^<!-- (?<comment>.*?) -->$|^```(?<language>\w+)\n(?<block>.*?)^```$/gms;

/** Throws an Error for a comment or an order of blocks that means nothing. */
export function readPage(text: string): readonly Act[] {
  const acts: Act[] = [];
  let [exitCode, stays] = [0, false];
  for (const { groups = {} } of text.matchAll(PARTS)) {
    const { comment, language, block = "" } = groups;
    const [, word, rest = ""] = /^(\w+)(?:: (.*))?$/.exec(comment ?? "") ?? [];
    if (word === "corp") acts.push({ kind: "event", event: rest });
    else if (word === "restart") acts.push({ kind: "restart" });
    else if (word === "exit") exitCode = Number(rest);
    else if (word === "stays") stays = true;
    else if (comment !== undefined) throw new Error(`<!-- ${comment} --> means nothing`);
    else if (language === "sh") {
      const commands = block.trim().split("\n");
      if (stays) acts.push(...commands.map((command) => ({ kind: "stay", command }) as const));
      else acts.push({ kind: "run", commands, exitCode, shows: null });
      [exitCode, stays] = [0, false];
    } else if (language === "text") {
      const last = acts.pop();
      if (last?.kind !== "run" || last.shows !== null) throw new Error(`no commands show:\n${block}`);
      acts.push({ ...last, shows: block });
    } else {
      const [, file] = /^(?:#|\/\/) (\S+)\n/.exec(block) ?? [];
      if (file !== undefined && language !== "console") acts.push({ kind: "write", file, text: block });
    }
  }
  return acts;
}
