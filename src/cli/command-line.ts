import { Command, CommanderError, Help, Option } from "commander";
import { Failure } from "../domain/errors";
import { EXIT } from "../domain/exit-codes";
import { addAdmin } from "./admin";
import { FORMATS, printAnswer } from "./answer";
import { askedFormat } from "./arguments/asked-format";
import { givenFolder } from "./arguments/given-folder";
import { refuseRepeatedOptions } from "./arguments/repeated-options";
import { addAudit } from "./audit";
import { addCheck } from "./check";
import {
  type AddCommand,
  contextOf,
  examples,
  formatOf,
  type GlobalOptions,
  type Perform,
  type Surroundings,
} from "./command";
import { addDoctor } from "./doctor";
import { addErase } from "./erase";
import { addExplain } from "./explain";
import { addGrant } from "./grant";
import { addHold } from "./hold";
import { addInit } from "./init";
import { addKey } from "./key";
import { addMapping } from "./mapping";
import { addMigrate } from "./migrate";
import { addNotify } from "./notify";
import { addOffline } from "./offline";
import { addOperate } from "./operate";
import { addPlan } from "./plan";
import { failureAnswer, printFailure } from "./print-failure";
import { addPrune } from "./prune";
import { addRejects } from "./rejects";
import { addRevert } from "./revert";
import { addRuns } from "./runs";
import { addShow } from "./show";
import { addSource } from "./source";
import { addStatus } from "./status";
import { addSync } from "./sync";
import { plainLines } from "./text/layout";
import { addVerify } from "./verify";

const COMMANDS: readonly AddCommand[] = [
  addStatus,
  addDoctor,
  addPlan,
  addSync,
  addRuns,
  addShow,
  addHold,
  addRevert,
  addRejects,
  addInit,
  addCheck,
  addExplain,
  addMapping,
  addAudit,
  addPrune,
  addErase,
  addSource,
  addNotify,
  addVerify,
  addGrant,
  addAdmin,
  addOffline,
  addOperate,
  addKey,
  addMigrate,
];

/**
 * Runs one command line, without the program's name. Resolves with the exit code; whatever goes wrong is told on standard
 * error and is an exit code too.
 */
export async function runCommandLine(argv: readonly string[], version: string, around: Surroundings): Promise<number> {
  const { terminal, interruption } = around;
  const program = new Command("understudy");
  let exitCode: number = EXIT.done;
  const perform: Perform = async (command, work) => {
    exitCode = await work(contextOf(command, program.opts<GlobalOptions>(), around));
  };
  describe(program, version, terminal);
  for (const add of COMMANDS) add(program, perform);
  refuseRepeatedOptions(program);
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    const options = program.opts<GlobalOptions>();
    // Commander has already reported what it finds wrong.
    const failure = error instanceof CommanderError ? asFailure(error) : error;
    const stacks = (options.logLevel ?? terminal.env.LOG_LEVEL) === "debug";
    if (failure === error) printFailure(error, terminal, { stacks });
    exitCode = exitCodeOf(failure, interruption);
    // It keeps only what it had read before that.
    const isRead = failure === error || options.json !== undefined || options.output !== undefined;
    const format = isRead ? formatOf(options) : askedFormat(argv);
    if (format.startsWith("json"))
      printAnswer({ value: failureAnswer(failure, exitCode), text: () => "" }, format, terminal);
    return exitCode;
  }
}

function exitCodeOf(failure: unknown, interruption: Surroundings["interruption"]): number {
  if (!(failure instanceof Failure)) return EXIT.bug;
  return failure.code === "RUN004" ? interruption.exitCode() : failure.exitCode;
}

const asFailure = ({ code, message }: CommanderError): Failure =>
  new Failure("USE001", code === "commander.help" ? "a command is missing" : inOurWords(message), {
    fix: "see how it is used: add --help",
  });

/** What all commands share. Set before they are added, since they inherit it. */
function describe(program: Command, version: string, terminal: Surroundings["terminal"]): void {
  program
    .description("Understudy keeps a true local copy of the accounts in customers' systems.")
    .version(version, "-V, --version", "print the version")
    .option(
      "-C, --directory <dir>",
      "the folder worked in (default: UNDERSTUDY_HOME, else the current one)",
      givenFolder,
    )
    .addOption(new Option("-o, --output <format>", "how to print the answer (default: text)").choices(FORMATS))
    .addOption(new Option("--json", "the same as -o json").conflicts("output"))
    .addOption(new Option("--log-level <level>", "what to log").choices(["error", "warn", "info", "debug"]))
    .helpOption("-h, --help", "show help")
    .configureHelp({ showGlobalOptions: true, optionDescription: describeOption })
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      outputError: (text, write) => write(usageError(plainLines(text))),
    })
    .exitOverride()
    .addHelpText(
      "before",
      examples(
        "understudy sync acme               read, compare, write",
        "understudy plan acme               only tell what would change",
        "understudy show user:acme/8812     one person: roles, permissions, organizations",
        "understudy status                  is every source fresh, and if not, why",
        "understudy up                      all of it by itself: every source at its time",
      ),
    );
}

/** commander's own words, and whether the option can be left out. */
const describeOption = (option: Option): string =>
  `${new Help().optionDescription(option)}${option.mandatory ? " (required)" : ""}`;

/** commander's "error: option '-n, --limit <count>' argument 'x' is invalid. It …" as "`--limit` cannot be `x`: it …". */
function inOurWords(message: string): string {
  const said = message.replace(/^error: /, "");
  const option = /^option '(?:-\w, )?(?<name>-[\w-]+)[^']*' argument '(?<value>.*)' is invalid\. (?<why>.*)$/s;
  const argument = /^command-argument value '(?<value>.*)' is invalid for argument '(?<name>\w+)'\. (?<why>.*)$/s;
  const found = (option.exec(said) ?? argument.exec(said))?.groups;
  if (found === undefined) return said;
  const { name = "", value = "", why = "" } = found;
  const reason = why.charAt(0).toLowerCase() + why.slice(1).replace(/\.$/, "");
  return `\`${name}\` cannot be ${value === "" ? "empty" : `\`${value}\``}: ${reason}`;
}

/** commander's "error: … (Did you mean …?)" in our form. */
function usageError(text: string): string {
  const [message = "", ...hints] = text.trim().split("\n");
  const lines = hints.map((hint) => `  ${hint.replace(/^\(Did you mean (.*)\?\)$/, "did you mean $1?")}\n`);
  return `error[USE001]: ${inOurWords(message)}\n${lines.join("") || "  see how it is used: add --help\n"}`;
}
