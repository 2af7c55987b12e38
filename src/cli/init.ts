import { hasErrors } from "../domain/errors";
import { EXIT } from "../domain/exit-codes";
import type { InitRequest } from "../domain/init";
import { type AddCommand, examples } from "./command";
import { initText } from "./text/init-text";

interface InitOptions {
  readonly openapi: string;
  readonly users?: string;
  readonly roles?: string;
  readonly permissions?: string;
  readonly orgs?: string;
  readonly force?: true;
  readonly dryRun?: true;
}

export const addInit: AddCommand = (program, perform) => {
  program
    .command("init")
    .summary("draft a job and mappings from an OpenAPI document")
    .description(
      "Drafts jobs/SOURCE.yaml and mappings/SOURCE/ from an OpenAPI 3 or Swagger 2 document: what to read, how it pages, which field is which. Contacts nothing, and overwrites nothing without --force.",
    )
    .argument("<source>", "the name of the new source")
    .requiredOption("--openapi <file>", "the document, JSON or YAML")
    .option("--users <operation>", "the list of users: an operationId or a path of the document; `none` for none")
    .option("--roles <operation>", "the list of roles")
    .option("--permissions <operation>", "the list of permissions")
    .option("--orgs <operation>", "the list of organizations")
    .option("--force", "overwrite what is there")
    .option("--dry-run", "write nothing, print what would be written")
    .addHelpText(
      "before",
      examples(
        "understudy init acme --openapi acme.yaml",
        "understudy init acme --openapi acme.yaml --dry-run",
        "understudy init acme --openapi acme.yaml --users listPeople --orgs none",
      ),
    )
    .action((source: string, options: InitOptions) =>
      perform({ name: "init", table: false }, (context) =>
        context.withApp(async (app) => {
          const answer = await app.init(requestOf(source, options, context.terminal.cwd));
          context.answer({ value: answer, text: (palette) => initText(answer, palette) });
          return hasErrors(answer.problems) ? EXIT.files : EXIT.done;
        }),
      ),
    );
};

function requestOf(source: string, options: InitOptions, cwd: string): InitRequest {
  const { openapi, users, roles, permissions, orgs } = options;
  return {
    source,
    document: openapi,
    cwd,
    force: options.force === true,
    dryRun: options.dryRun === true,
    operations: {
      ...(users === undefined ? {} : { users }),
      ...(roles === undefined ? {} : { roles }),
      ...(permissions === undefined ? {} : { permissions }),
      ...(orgs === undefined ? {} : { orgs }),
    },
  };
}
