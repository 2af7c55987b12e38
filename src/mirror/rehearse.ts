import type { ClientBase, PoolClient } from "pg";
import type { HoldEvidence, HoldSummary } from "../domain/holds";
import type { RehearsedChanges } from "../domain/replay";
import type { RevertFacts, RevertRequest } from "../domain/revert";
import { NO_RUN } from "../domain/runs";
import type { Database } from "./database";
import { type ChangeSet, listAccess, listChanges } from "./list-changes";
import { ofUsers } from "./of-users";
import { aboutSource } from "./one-source";
import { type OpenStage, openStage } from "./stage/open-stage";
import { numberOf } from "./stage/stage-context";

/** No run has this number, and no source this fence. */
const NOT_HELD = { run: NO_RUN, fence: -1 };

/** Of the tables only temporary ones can be written then, and those of its stage are. */
const READ_ONLY = "begin isolation level repeatable read read only";

/**
 * Plays a run on a stage from which nothing reaches the mirror. The run has no row, the source is not held, and what
 * comes after staging is one transaction that Postgres itself keeps read-only; it sees the mirror as of one moment,
 * whatever is written meanwhile.
 *
 * @param work plays the run to its `storePlan`, which here lists the change set instead of storing it
 */
export async function rehearse<T>(
  database: Database,
  { source, limit }: { readonly source: string; readonly limit: number },
  work: (stage: OpenStage) => Promise<T>,
): Promise<{ readonly result: T; readonly changes: RehearsedChanges }> {
  return withSession(database, source, async (session) => {
    let changes: RehearsedChanges | null = null;
    const stage = await openStage(session, { ...NOT_HELD, source }, { lasting: false, begin: READ_ONLY });
    try {
      const result = await work({
        ...stage,
        async storePlan() {
          changes = await list(database, session, source, limit);
        },
        // What earlier runs hold, and what was decided about it, is another matter.
        decideHold: async (evidence) => ({
          hold: holdBy(source, evidence),
          heldBack: null,
          news: true,
          released: false,
          missed: null,
        }),
        apply: refused,
        loadPlan: refused,
      });
      if (changes === null) throw new Error("the rehearsal ended before its changes were known");
      return { result, changes };
    } finally {
      await stage.close().catch(() => undefined);
    }
  });
}

/** What undoing a run would change, as of one moment; it waits for no run that works on the source. */
export async function rehearseRevert(
  database: Database,
  {
    source,
    request,
    limit,
  }: { readonly source: string; readonly request: RevertRequest; readonly limit: number | null },
): Promise<{ readonly facts: RevertFacts; readonly changes: RehearsedChanges }> {
  return withSession(database, source, async (session) => {
    const stage = await openStage(session, { ...NOT_HELD, source }, { lasting: false, begin: READ_ONLY });
    try {
      const facts = await stage.revert(request);
      return { facts, changes: await list(database, session, source, limit) };
    } finally {
      await stage.close().catch(() => undefined);
    }
  });
}

const withSession = <T>(database: Database, source: string, work: (session: PoolClient) => Promise<T>): Promise<T> =>
  aboutSource(source, () => database.withClient(work));

const holdBy = (source: string, evidence: readonly HoldEvidence[]): HoldSummary | null =>
  evidence.length === 0
    ? null
    : {
        run: NO_RUN,
        source,
        count: 0,
        hash: "",
        state: "open",
        evidence,
        heldAt: "",
        decidedBy: null,
        reason: null,
        expiresAt: null,
      };

async function refused(): Promise<never> {
  throw new Error("a rehearsal applies nothing");
}

async function list(
  { knex }: Database,
  session: ClientBase,
  source: string,
  limit: number | null,
): Promise<RehearsedChanges> {
  const set: ChangeSet = { source, changes: "select * from changes", moment: "now()", plan: null, session };
  const access = await listAccess(knex, set, limit);
  const changes = await listChanges(knex, set, limit);
  return {
    access: access.listed,
    accessTotal: access.total,
    changes: changes.listed,
    changesTotal: changes.total,
    people: await numberOf({ client: session }, `select count(distinct key) from changes where ${ofUsers("entity")}`),
    newlyRejected: await numberOf(
      { client: session },
      `select count(*) from stage_rejects r
       where not exists (
         select from sync.rejects known where known.source = $1 and known.stream = r.stream and known.record = r.record
           and known.healed_at is null)`,
      [source],
    ),
  };
}
