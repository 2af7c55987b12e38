import type { KeptSeal, SealFinding, SealsAnswer } from "../domain/audit";
import { Failure } from "../domain/errors";
import { EXIT } from "../domain/exit-codes";
import { isJsonObject } from "../domain/json";
import type { GivenFile } from "../domain/mapping-trials";
import { plain } from "../domain/plain";
import { givenFile, type Wanted } from "./arguments/given-file";
import { type AddCommand, examples } from "./command";
import { counted, grouped, indented, moment } from "./text/layout";
import type { Palette } from "./text/terminal";

const ANSWER = "a file with what `understudy audit verify --json` answered";
const KEPT: Wanted = { what: ANSWER, ifLarger: `name ${ANSWER}` };

export const addAuditVerify: AddCommand = (audit, perform) => {
  audit
    .command("verify")
    .summary("does the audit still say what it said")
    .description(
      "Holds every entry against the chain of seals that was made when it was told: what was edited, taken away or added since.",
    )
    .option("--against <file>", "an answer of this command that was kept elsewhere, as JSON; - is standard input")
    .addHelpText(
      "before",
      examples(
        "understudy audit verify",
        "understudy audit verify --json > seal.json",
        "understudy audit verify --against seal.json",
      ),
    )
    .action(({ against }: { readonly against?: string }) =>
      perform({ name: "audit verify", table: true }, async (context) => {
        const kept = against === undefined ? null : keptSealOf(await givenFile(against, KEPT, context.terminal));
        return context.withApp(async (app) => {
          const found = await app.verifyAudit(kept);
          context.answer({
            value: found,
            table: [["kind", "seal", "entry", "at", "change", "source", "entity", "key"], ...found.findings.map(row)],
            text: (palette) => verifyText(found, palette),
          });
          return found.holds ? EXIT.done : EXIT.tampered;
        });
      }),
    );
};

/** @throws Failure USE008 */
function keptSealOf({ name, bytes }: GivenFile): KeptSeal {
  try {
    const answer: unknown = JSON.parse(bytes.toString("utf8"));
    const head = isJsonObject(answer) ? answer.head : null;
    if (isJsonObject(head) && Number.isSafeInteger(head.seal) && /^[0-9a-f]{64}$/.test(String(head.hash)))
      return { seal: Number(head.seal), hash: String(head.hash) };
  } catch {
    // It is told like anything else that is no such answer.
  }
  throw new Failure("USE008", `\`${name}\` names no seal`, {
    fix: `name ${ANSWER} once there was a seal`,
  });
}

function verifyText(answer: SealsAnswer, palette: Palette): string {
  const { holds, entries, erased, seals, head, unsealed, dropped, auditSince, findings, findingsTotal } = answer;
  const looked = `${counted(entries, "entry", "entries")} in ${counted(seals, "seal")}`;
  const headline = holds
    ? `${palette.green("holds")}  ${looked}`
    : `${palette.red("does not hold")}  ${looked}: ${counted(findingsTotal, "finding")}`;
  const more = findingsTotal - findings.length;
  const last = head === null ? [] : [`last seal  ${head.seal} of ${moment(head.sealedAt)}  ${head.hash}`];
  const gone = erased === 0 ? [] : [`${counted(erased, "entry", "entries")} erased, with the people they told of`];
  const older =
    auditSince === null
      ? []
      : [`${counted(dropped, "entry", "entries")} from before ${moment(auditSince)} dropped, kept long enough`];
  const later = unsealed === 0 ? [] : [`${counted(unsealed, "entry", "entries")} not sealed yet`];
  return [
    headline,
    ...indented([
      ...findings.map(findingText),
      ...(more > 0 ? [`… and ${grouped(more)} more`] : []),
      ...gone,
      ...last,
      ...older,
      ...later,
    ]),
  ].join("\n");
}

const OF_ENTRY = { edited: "was edited since", gone: "is gone", added: "was added since" } as const;
const OF_SEAL = {
  "seal-edited": "was edited, or the one before it",
  "seal-missing": "is missing",
  "seal-added": "was added by somebody else",
  "not-kept": "is not the one that was kept",
} as const;

function findingText({ kind, seal, entry, says }: SealFinding): string {
  if (kind === "drop-edited")
    return `entry ${entry} tells of entries that were dropped, but their list was changed, or names entries that must not be dropped`;
  if (kind === "clock-behind")
    return `the database's clock is behind entry ${entry}, which tells of a drop at a time to come: set it right, for until then nothing proves that what was dropped was old enough`;
  if (kind === "edited" || kind === "gone" || kind === "added") {
    const now = says === null ? "" : `: ${says.kind} ${says.entity} ${says.source}/${says.key} of ${moment(says.at)}`;
    return plain(`entry ${entry} of seal ${seal} ${OF_ENTRY[kind]}${now}`);
  }
  return `seal ${seal} ${OF_SEAL[kind]}`;
}

const row = ({ kind, seal, entry, says }: SealFinding) => [
  kind,
  seal,
  entry,
  ...(says === null ? [null, null, null, null, null] : [says.at, says.kind, says.source, says.entity, says.key]),
];
