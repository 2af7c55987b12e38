import { EXIT } from "../domain/exit-codes";
import { type AddCommand, examples } from "./command";
import { counted } from "./text/layout";

export const addMigrate: AddCommand = (program, perform) => {
  program
    .command("migrate")
    .summary("bring the database schema up to date")
    .description("Brings the database schema up to date. Other commands do so too when they need to.")
    .option("--roles", "give separate database roles their rights, now and whenever it is run from then on")
    .addHelpText("before", examples("understudy migrate", "understudy migrate --roles"))
    .action(({ roles = false }: { readonly roles?: boolean }) =>
      perform({ name: "migrate", table: false }, (context) =>
        context.withApp(async (app) => {
          const done = await app.migrate({ roles });
          context.answer({
            value: done,
            text: () =>
              `${
                done.applied.length === 0
                  ? `the schema is up to date, at ${done.version}`
                  : `${counted(done.applied.length, "migration")} applied, now at ${done.version}:\n${done.applied.map((name) => `  ${name}`).join("\n")}`
              }${done.roles ? "\nthe database roles have their rights, and no others" : ""}`,
          });
          return EXIT.done;
        }),
      ),
    );
};
