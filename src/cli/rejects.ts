import type { KeptReject, RejectFilter, RejectsAnswer } from "../domain/answers";
import { EXIT } from "../domain/exit-codes";
import { plain } from "../domain/plain";
import { givenKey } from "./arguments/given-key";
import { wholeNumber } from "./arguments/whole-number";
import { type AddCommand, examples } from "./command";
import { counted, grouped, indented, moment, rejectedName } from "./text/layout";
import type { Palette } from "./text/terminal";

interface RejectsOptions {
  readonly entity?: string;
  readonly key?: string;
  readonly all?: true;
  readonly limit: number;
}

export const addRejects: AddCommand = (program, perform) => {
  program
    .command("rejects")
    .summary("records that cannot be mapped, and why")
    .description(
      "Lists the records of a source that cannot be mapped: each keeps its old state, is tried again by every run, and stays here until it maps. " +
        "Records are shown with personal data masked.",
    )
    .argument("<source>", "name of the source")
    .option("--entity <entity>", "only those of one entity of the job, e.g. users")
    .option("--key <key>", "only one record, by upstream key, and as it came", givenKey)
    .option("--all", "also those that have healed in the last 28 days")
    .option("-n, --limit <count>", "how many", wholeNumber, 1_000)
    .addHelpText(
      "before",
      examples("understudy rejects acme", "understudy rejects acme --key 8812", "understudy rejects acme --all -o csv"),
    )
    .action((source: string, { entity, key, all, limit }: RejectsOptions) =>
      perform({ name: "rejects", table: true }, (context) =>
        context.withApp(async (app) => {
          const filter = { source, entity: entity ?? null, key: key ?? null, all: all === true, limit };
          const answer = await app.rejects(filter);
          context.answer({
            value: answer,
            records: answer.rejects,
            table: [
              [
                ...["stream", "entity", "key", "field", "code", "reason", "runs"],
                ...["firstRun", "firstAt", "lastRun", "lastAt", "healedRun", "healedAt", "healedAs", "record", "place"],
              ],
              ...answer.rejects.map(row),
            ],
            text: (palette) => rejectsText(answer, filter, palette),
          });
          return EXIT.done;
        }),
      ),
    );
};

const row = ({ healed, record, ...reject }: KeptReject) => [
  reject.stream,
  reject.entity,
  reject.key,
  reject.field,
  reject.code,
  reject.reason,
  reject.runs,
  reject.firstRun,
  reject.firstAt,
  reject.lastRun,
  reject.lastAt,
  healed?.run ?? null,
  healed?.at ?? null,
  healed?.as ?? null,
  record === null ? null : JSON.stringify(record),
  reject.place ?? null,
];

type Asked = Pick<RejectFilter, "entity" | "key" | "all">;

function rejectsText({ source, rejects, total }: RejectsAnswer, { entity, key, all }: Asked, palette: Palette): string {
  if (rejects.length === 0) {
    const whole = plain(entity === null ? source : `${source}/${entity}`);
    return key === null
      ? `every record of ${whole} can be mapped`
      : `nothing of ${whole} with the key ${plain(key)} is rejected${all ? "" : "; what has healed is shown by --all"}`;
  }
  const open = rejects.filter(({ healed }) => healed === null);
  const more = total - rejects.length;
  return [
    `${palette.bold(plain(source))}  ${
      open.length === 0
        ? palette.green("nothing is rejected any more")
        : palette.yellow(
            `${counted(open.length, "record")} rejected; each keeps its old state and is tried again by every run`,
          )
    }`,
    ...indented(rejects.flatMap((reject) => rejectLines(reject, key !== null, palette))),
    ...(more > 0 ? [`… and ${grouped(more)} more: add --limit ${total}`] : []),
  ].join("\n");
}

function rejectLines(reject: KeptReject, withRecord: boolean, palette: Palette): readonly string[] {
  const { stream, code, reason, healed, record } = reject;
  return [
    `${plain(`${stream} ${rejectedName(reject)}`)}  ${code}  ${plain(reason)}`,
    `  ${palette.dim(sinceText(reject))}`,
    ...(healed === null
      ? []
      : [`  ${palette.green(`healed by run ${healed.run}, ${moment(healed.at)}: ${HEALED[healed.as]}`)}`]),
    ...(withRecord && record !== null ? indented(JSON.stringify(record, null, 2).split("\n").map(plain)) : []),
  ];
}

const sinceText = ({ runs, firstRun, firstAt, lastRun, lastAt }: KeptReject): string =>
  firstRun === lastRun
    ? `by run ${firstRun}, ${moment(firstAt)}`
    : `in ${counted(runs, "run")}, from run ${firstRun}, ${moment(firstAt)}, to run ${lastRun}, ${moment(lastAt)}`;

const HEALED: Readonly<Record<NonNullable<KeptReject["healed"]>["as"], string>> = {
  mapped: "it maps again",
  skipped: "it is left out on purpose",
  gone: "it is gone upstream",
};
