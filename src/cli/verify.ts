import { EXIT } from "../domain/exit-codes";
import type { LoginAnswer, VerifyAnswer } from "../domain/login";
import { plain } from "../domain/plain";
import { readPassword } from "./arguments/read-password";
import { type AddCommand, examples } from "./command";
import { columns, counted, indented, moment } from "./text/layout";
import type { Palette } from "./text/terminal";

export const addVerify: AddCommand = (program, perform) => {
  program
    .command("verify")
    .summary("test a login and show each step")
    .description(
      "Asks the login path once, as an application would, and tells every step. It counts as a login: a wrong password is " +
        "a failure, the right one is what the mirror may answer by later.",
    )
    .argument("<source>", "name of the source")
    .argument("<login>", "what the person signs in with")
    .addHelpText(
      "before",
      examples(
        "understudy verify acme ada                         asks for the password",
        "understudy verify acme ada < password-file         takes its first line",
      ),
    )
    .action((source: string, login: string) =>
      perform({ name: "verify", table: false }, (context) =>
        context.withApp(async (app) => {
          const password = await readPassword(context.terminal, `Password of ${plain(login)}`);
          const credential = { kind: "password", login, password } as const;
          const verified = await app.verifyLogin({ source, credential, client: { address: null } });
          context.answer({
            value: { source, login, ...verified },
            records: verified.steps,
            text: (palette) => verifyText(verified, palette),
          });
          return verified.answer.result === "unavailable" ? EXIT.upstream : EXIT.done;
        }),
      ),
    );
};

const verifyText = ({ answer, steps }: VerifyAnswer, palette: Palette): string =>
  [...indented(columns(steps.map(({ step, found }) => [step, found]))), ...answerLines(answer, palette)].join("\n");

function answerLines(answer: LoginAnswer, palette: Palette): readonly string[] {
  if (answer.result === "refused") return [palette.red("refused")];
  if (answer.result === "unavailable")
    return [palette.yellow(`neither can say; try again in ${counted(answer.retryAfter, "second")}`)];
  const { basis, asOf, ageSeconds, subject } = answer;
  const by =
    basis === "live" ? "by the customer's system" : `by the mirror as of ${moment(asOf)}, ${age(ageSeconds)} old`;
  return [
    `${palette.green("let in")} ${by}`,
    ...indented([
      plain(`${subject.displayName ?? subject.username} (${subject.key})`),
      ...columns(
        subject.roles.map(({ name, org, origin, expiresAt }) => [
          name,
          org === null ? "" : `in ${org}`,
          origin === "upstream" ? "" : origin,
          expiresAt === null ? "" : `until ${moment(expiresAt)}`,
        ]),
      ),
    ]),
  ];
}

const age = (seconds: number): string =>
  seconds < 120
    ? counted(seconds, "second")
    : seconds < 7200
      ? counted(Math.floor(seconds / 60), "minute")
      : counted(Math.floor(seconds / 3600), "hour");
