import { type AddCommand, examples } from "./command";
import { EXIT } from "./exit-codes";
import { counted } from "./text/layout";

export const addMigrate: AddCommand = (program, run) => {
  program
    .command("migrate")
    .summary("bring the database schema up to date")
    .description("Brings the database schema up to date. Other commands do so too when they need to.")
    .addHelpText("before", examples("understudy migrate"))
    .action(() =>
      run({ name: "migrate", table: false }, (context) =>
        context.withApp(async (app) => {
          const done = await app.migrate();
          context.answer({
            value: done,
            text: () =>
              done.applied.length === 0
                ? `the schema is up to date, at ${done.version}`
                : `${counted(done.applied.length, "migration")} applied, now at ${done.version}:\n${done.applied.map((name) => `  ${name}`).join("\n")}`,
          });
          return EXIT.done;
        }),
      ),
    );
};
