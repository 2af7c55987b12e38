import { Option } from "commander";
import type { DiffAnswer, LinkDifference, RecordDifference } from "../domain/audit";
import { EXIT } from "../domain/exit-codes";
import { givenMoment, TIME } from "./arguments/given-moment";
import { refuseNoTime } from "./arguments/refuse-no-time";
import { type AddCommand, examples } from "./command";
import { diffText } from "./text/diff-text";
import { counted } from "./text/layout";
import { detailOf } from "./text/plan-text";

interface DiffOptions {
  readonly source: string;
  readonly from: string;
  readonly to?: string;
  readonly full?: true;
  readonly short?: true;
}

export const addAuditDiff: AddCommand = (audit, perform) => {
  audit
    .command("diff")
    .summary("what is different between two moments")
    .description(
      "Tells what was so at one moment and not at another, from the audit alone: who gained or lost what, who came and left, what changed.",
    )
    .requiredOption("-s, --source <source>", "whose people")
    .requiredOption("--from <time>", TIME, givenMoment)
    .option("--to <time>", "the same; otherwise now", givenMoment)
    .addOption(new Option("--short", "tell how much differs, and not what").conflicts("full"))
    .option("--full", "tell every difference")
    .addHelpText(
      "before",
      examples(
        "understudy audit diff --source acme --from 2026-11-01",
        "understudy audit diff --source acme --from 2026-11-01 --to 2026-12-01 --full -o csv",
        "understudy audit diff --source acme --from 2026-11-27T18:00:00Z --short",
      ),
    )
    .action(({ source, from, to, full, short }: DiffOptions) =>
      perform({ name: "audit diff", table: true }, (context) =>
        context.withApp(async (app) => {
          refuseNoTime(["--from", from], ["--to", to ?? null]);
          const found = await app.auditDiff({ source, from, to: to ?? null, full: full === true });
          context.answer({
            value: found,
            records: [...found.records, ...found.links],
            table: [
              ["difference", "entity", "key", "name", "related", "relatedName", "scope", "old", "new"],
              ...found.records.map(recordRow),
              ...found.links.map(linkRow),
            ],
            text: (palette) => diffText(found, detailOf({ full, short }), palette),
          });
          if (context.format !== "text") tellUnlisted(found, context.terminal.stderr);
          return EXIT.done;
        }),
      ),
    );
};

/** A list in a file must not pass for the whole. */
function tellUnlisted({ records, recordsTotal, links, linksTotal }: DiffAnswer, stderr: NodeJS.WritableStream): void {
  const missing = recordsTotal - records.length + linksTotal - links.length;
  if (missing > 0) stderr.write(`not listed: ${counted(missing, "more difference")}; all of them: --full\n`);
}

const recordRow = ({ kind, entity, key, name, old, new: now }: RecordDifference) => [
  ...[kind, entity, key, name, null, null, null],
  ...[old, now].map((values) => (values === null ? null : JSON.stringify(values))),
];

const linkRow = ({ effect, kind, key, name, related, relatedName, scope }: LinkDifference) => [
  ...[effect, kind, key, name, related, relatedName, scope, null, null],
];
