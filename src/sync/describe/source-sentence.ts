import type { SourceFacts, SourceStatus } from "../../domain/answers";
import { ENTITY_NAMES } from "../../domain/entities";
import { counted } from "../../domain/grouped";
import type { HeldBack } from "../../domain/holds";
import { moment } from "../../domain/moment";
import { wholeRunAfter } from "../../domain/runs";
import {
  firstOf,
  hindrance,
  REASONS,
  runEndedBadly,
  type SourceSigns,
  slotRemark,
  type Tell,
  volatileIn,
} from "./source-reasons";

/** What is so, clause by clause, and what to do about it, if anything. */
interface Story {
  readonly clauses: readonly (string | null)[];
  readonly remedy: string | null;
}

/** One sentence; what to do comes last, so that the command can be copied. */
export function sentenceOf(state: SourceStatus["state"], signs: SourceSigns): string {
  const { clauses, remedy } = STORIES[state](signs);
  const said = [...clauses, volatility(signs), ...retirement(signs)].filter((clause) => clause !== null).join("; ");
  return `\`${signs.facts.source}\` ${said}${remedy === null ? "." : `; ${remedy}`}`;
}

function volatility({ lastRun }: SourceSigns): string | null {
  const entities = volatileIn(lastRun);
  return entities.length === 0
    ? null
    : `most of its ${entities.join(" and ")} came otherwise than at the read before, though nothing that is mapped changed: if that repeats, name what changes under \`ignore\` in the job`;
}

const retirement: Tell<readonly string[]> = ({ facts, retired }) =>
  retired.map((name) => {
    const [one, many] = ENTITY_NAMES.some((entity) => entity === name)
      ? ["record is", "records are"]
      : ["link is", "links are"];
    return `\`${name}\` is described by no file any more: its ${counted(facts.counts[name] ?? 0, one, many)} kept`;
  });

const STORIES: Readonly<Record<SourceStatus["state"], Tell<Story>>> = {
  retired({ facts, hasFile }) {
    const { source, retiredAt, counts } = facts;
    if (retiredAt !== null && hasFile)
      return {
        clauses: [`was retired at ${moment(retiredAt)} and answers no questions`, "its job file is there again"],
        remedy: `a complete run brings it back: understudy sync ${source}`,
      };
    if (retiredAt !== null)
      return {
        clauses: [
          `was retired at ${moment(retiredAt)}: its records are kept, and it answers no questions`,
          asOf(facts),
        ],
        remedy: null,
      };
    return {
      clauses: [
        `has no job file any more: its records are kept${facts.lastComplete === null ? "" : " and still answered from"}`,
        asOf(facts),
      ],
      remedy: `write jobs/${source}.yaml again, or end it: understudy source retire ${source} --expect ${counts.users ?? 0}`,
    };
  },

  running: ({ facts, schedule }) => ({
    clauses: [
      `is being read by run ${facts.busyWith}`,
      asOf(facts),
      schedule?.overdueSince == null ? null : `it has been overdue since ${moment(schedule.overdueSince)}`,
      facts.retiredAt === null
        ? null
        : `it was retired at ${moment(facts.retiredAt)}, and comes back if this run is complete`,
    ],
    remedy: null,
  }),

  never(signs) {
    const { facts, lastRun } = signs;
    const hindered = hindrance(signs);
    const [ended, remark] = [runEndedBadly(signs), slotRemark(signs)];
    const reason = hindered ?? ended ?? remark;
    return {
      clauses: [
        lastRun === null ? "was never read" : "answers nothing yet, for it was never read completely",
        ...(hindered === null
          ? [ended?.because ?? null, remark?.because ?? null, runsNext(signs)]
          : [hindered.because]),
      ],
      remedy: reason?.remedy ?? `to read it now: understudy sync ${facts.source}`,
    };
  },

  late(signs) {
    const { facts, schedule, now } = signs;
    const reason = firstOf(REASONS, signs);
    const isKnown = new Date(facts.lastComplete ?? 0) <= now;
    return {
      clauses: [
        ...(isKnown
          ? [
              `has been overdue since ${moment(schedule?.overdueSince ?? "")}: no complete run for two intervals, ${asOf(facts)}`,
              reason?.because ?? "no run of it read everything",
            ]
          : [
              `may be out of date: ${asOf(facts)}, which is still to come, for the database's clock was wrong`,
              reason?.because ?? null,
            ]),
        ...heldChanges(signs),
      ],
      remedy: reason?.remedy ?? `run: understudy sync ${facts.source}`,
    };
  },

  held(signs) {
    const { facts, waiting, heldBackBy } = signs;
    const hindered = hindrance(signs);
    const decide =
      heldBackBy !== null && waiting.length === 0
        ? `to have all of it held for a decision: ${wholeRunAfter(heldBackBy)}`
        : `see ${hindered === null ? "them" : "what waits"}: understudy hold list ${facts.source}`;
    return {
      clauses: [
        `is fresh as of ${moment(facts.lastComplete ?? "")}, but ${heldChanges(signs).join("; ")}`,
        hindered === null ? (runEndedBadly(signs)?.because ?? null) : null,
        slotRemark(signs)?.because ?? null,
        rejected(facts),
        hindered?.because ?? null,
      ],
      // A person may decide at any time, but what they decide is done by a run.
      remedy: hindered === null ? decide : `${hindered.remedy}; then ${decide}`,
    };
  },

  stale(signs) {
    const { facts } = signs;
    const hindered = hindrance(signs);
    const ended = runEndedBadly(signs);
    return {
      clauses: [
        `is out of date: ${asOf(facts)}`,
        ...(hindered === null
          ? [ended?.because ?? null, slotRemark(signs)?.because ?? runsNext(signs)]
          : [hindered.because]),
      ],
      remedy: (hindered ?? ended)?.remedy ?? `run: understudy sync ${facts.source}`,
    };
  },

  fresh(signs) {
    const { facts, schedule } = signs;
    const hindered = hindrance(signs);
    const remark = slotRemark(signs);
    const until = schedule?.next == null ? null : `good until ${moment(schedule.next)}`;
    return {
      clauses: [
        `is fresh: read completely at ${moment(facts.lastComplete ?? "")}`,
        until !== null && hindered === null ? `${until}, when it runs next` : until,
        hindered?.because ?? null,
        remark?.because ?? null,
        rejected(facts),
      ],
      remedy: hindered?.remedy ?? null,
    };
  },
};

const asOf = ({ lastComplete }: SourceFacts): string =>
  lastComplete === null ? "it was never read completely" : `it was last read completely at ${moment(lastComplete)}`;

const rejected = ({ rejects }: SourceFacts): string | null =>
  rejects === 0 ? null : `${counted(rejects, "record is", "records are")} rejected until mended`;

const runsNext: Tell<string | null> = ({ schedule }) =>
  schedule?.next == null ? null : `it runs next at ${moment(schedule.next)}`;

/** What waits for a person, and what would if the whole source were read. */
function heldChanges({ waiting, heldBackBy }: SourceSigns): readonly string[] {
  const [hold] = waiting;
  const held = heldBackBy?.heldBack;
  return [
    ...(hold === undefined
      ? []
      : [`${counted(hold.count, "change waits", "changes wait")} for a person${firstReason(hold)}`]),
    ...(held === undefined
      ? []
      : [`run ${heldBackBy?.run} held back ${counted(held.count, "change")}, which no hold keeps${firstReason(held)}`]),
  ];
}

const firstReason = ({ evidence: [first] }: HeldBack): string => (first === undefined ? "" : `: ${first.message}`);
