import type { Knex } from "knex";
import { Failure } from "../domain/errors";
import {
  type QueuedRun,
  READ_AT_LEAST_PARTLY,
  type RunOptions,
  type RunReport,
  type RunSummary,
  type Trigger,
} from "../domain/runs";
import { deadRuns } from "./dead-runs";
import { quotedList } from "./quoted-list";

interface RunRow {
  readonly id: number;
  readonly source: string;
  readonly mode: RunSummary["mode"];
  readonly state: RunSummary["state"];
  readonly options: RunOptions;
  readonly trigger: Trigger;
  readonly queued_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly outcome: RunSummary["outcome"];
  readonly report: RunReport | null;
}

/** Runs of the source `s` that read something. */
const READ = `sync.runs r
  where r.source = s.source and r.mode = 'sync' and r.outcome in (${quotedList(READ_AT_LEAST_PARTLY)})`;

const HELD_BACK = `
  select latest.report
  from sync.sources s
  cross join lateral (
    select max(r.id) as id from ${READ} and r.options ->> 'only' is null and r.options ->> 'user' is null
  ) as whole
  cross join lateral (
    select distinct on (r.options ->> 'only', r.options ->> 'user') r.id, r.report
    from ${READ} and r.id >= coalesce(whole.id, 0)
    order by r.options ->> 'only', r.options ->> 'user', r.id desc
  ) as latest
  where latest.report ->> 'heldBack' is not null and s.retired_at is null and (:source::text is null or s.source = :source)
  order by latest.id desc`;

/** Runs as they are queued, worked and remembered. */
export class RunStore {
  constructor(private readonly knex: Knex) {}

  /** @returns the number of the new run */
  async queue(source: string, options: RunOptions, trigger: Trigger): Promise<number> {
    const [row] = await this.knex("sync.runs")
      .insert({ source, mode: options.mode, options: JSON.stringify(options), trigger: JSON.stringify(trigger) })
      .returning<{ id: number }[]>("id");
    return (row as { id: number }).id;
  }

  async read(run: number): Promise<QueuedRun> {
    const row = await this.find(run);
    return { run, source: row.source, options: row.options, trigger: row.trigger };
  }

  async summary(run: number): Promise<RunSummary> {
    const row = await this.find(run);
    return summaryOf(row, await this.#deadOf([row]));
  }

  /** By number; those that are not there are left out. @param dead as `dead` gave them */
  async summaries(runs: readonly number[], dead: ReadonlySet<number>): Promise<ReadonlyMap<number, RunSummary>> {
    const rows: RunRow[] = await this.knex<RunRow>("sync.runs").whereIn("id", runs);
    return new Map(rows.map((row) => [row.id, summaryOf(row, dead)]));
  }

  /** Newest first. */
  async list(filter: { readonly source: string | null; readonly limit: number }): Promise<readonly RunSummary[]> {
    const query = this.knex<RunRow>("sync.runs").orderBy("id", "desc").limit(filter.limit);
    const rows: RunRow[] = await (filter.source === null ? query : query.where({ source: filter.source }));
    const dead = await this.#deadOf(rows);
    return rows.map((row) => summaryOf(row, dead));
  }

  /** Runs whose process died, and whose end nobody has noted yet. */
  dead(): Promise<ReadonlySet<number>> {
    return deadRuns(this.knex);
  }

  /**
   * Reports of runs that held what no hold keeps (`heldBack`), newest first: since a source was last read as a whole, that run
   * included, the latest of each of its parts. One that could not read says nothing of what waits.
   */
  async heldBack(source: string | null): Promise<readonly RunReport[]> {
    const { rows } = await this.knex.raw<{ rows: { report: RunReport }[] }>(HELD_BACK, { source });
    return rows.map(({ report }) => report);
  }

  /**
   * A run whose end was committed stays as it ended: its database may have been lost before it could tell. A process
   * that learns that the run has passed to another (RUN003) has nothing to say about its end.
   */
  async end(report: RunReport): Promise<void> {
    if (report.error?.code === "RUN003") return;
    await this.knex("sync.runs")
      .where({ id: report.run })
      .whereNot({ state: "finished" })
      .update({
        state: "finished",
        started_at: this.knex.raw("coalesce(started_at, ?::timestamptz)", [report.startedAt]),
        finished_at: report.finishedAt,
        outcome: report.outcome,
        exit_code: report.exitCode,
        report: JSON.stringify(report),
      });
  }

  /** For those who follow a run from another process. `alive`: a process works it at this moment. */
  async runState(run: number): Promise<{
    readonly state: RunSummary["state"];
    readonly outcome: RunSummary["outcome"];
    readonly report: RunReport | null;
    readonly alive: boolean;
  }> {
    const { rows } = await this.knex.raw<{ rows: Awaited<ReturnType<RunStore["runState"]>>[] }>(
      "select state, outcome, report, coalesce(sync.live_run(source) = id, false) as alive from sync.runs where id = ?",
      [run],
    );
    const [row] = rows;
    if (row === undefined) throw unknownRun(run);
    return row;
  }

  /**
   * Ends a run whose process died, unless it has ended; gives its report either way.
   *
   * @throws Failure RUN001 when it lives after all
   */
  async endDead(run: number): Promise<RunReport> {
    const { state } = await this.runState(run);
    await this.knex.transaction(async (transaction) => {
      // A process that is just committing is not dead, and soon has a report of its own; and two that end the run wait
      // for each other.
      await transaction.raw("select from sync.sources where holder_run = ? for update", [run]);
      await transaction.raw("select sync.end_dead_run(?, ?)", [run, state]);
    });
    const { report } = await this.runState(run);
    if (report === null)
      throw new Failure("RUN001", `run ${run} is being worked on after all`, {
        fix: `wait for it: understudy show ${run}`,
      });
    return report;
  }

  /** The process that works the run looks for this and ends it early. */
  async requestStop(run: number): Promise<void> {
    await this.knex("sync.runs").where({ id: run }).update({ stop_requested_at: this.knex.fn.now() });
  }

  /** Queued runs that nobody waits for but a worker, oldest first. One that waited for a day waits in vain. */
  async leftToWorkers(): Promise<readonly { readonly run: number; readonly source: string }[]> {
    const { rows } = await this.knex.raw<{ rows: { run: number; source: string }[] }>(
      `select id as run, source from sync.runs
       where state = 'queued' and options ->> 'detached' = 'true' and queued_at > now() - interval '1 day' order by id`,
    );
    return rows;
  }

  /**
   * Runs that somebody is to take at once, oldest first, which have waited for longer than anybody waits even for a database
   * that restarts. Those in the queue may wait on.
   */
  async waitingLong(): Promise<readonly number[]> {
    const { rows } = await this.knex.raw<{ rows: { run: number }[] }>(
      `select id as run from sync.runs
       where state = 'queued' and options ->> 'detached' is distinct from 'true'
         and queued_at < now() - interval '90 seconds' order by id`,
    );
    return rows.map(({ run }) => run);
  }

  async stopRequested(run: number): Promise<boolean> {
    const row = await this.knex("sync.runs").where({ id: run }).whereNotNull("stop_requested_at").first("id");
    return row !== undefined;
  }

  async #deadOf(rows: readonly RunRow[]): Promise<ReadonlySet<number>> {
    return rows.some(({ state }) => state === "running") ? this.dead() : new Set();
  }

  private async find(run: number): Promise<RunRow> {
    const row = await this.knex("sync.runs").where({ id: run }).first<RunRow | undefined>();
    if (row === undefined) throw unknownRun(run);
    return row;
  }
}

const unknownRun = (run: number): Failure =>
  new Failure("USE003", `there is no run ${run}`, { fix: "see what there is: understudy runs" });

/** @param dead runs that their rows still call running */
const summaryOf = (row: RunRow, dead: ReadonlySet<number>): RunSummary => ({
  run: row.id,
  source: row.source,
  mode: row.mode,
  ...(row.state === "running" && dead.has(row.id)
    ? { state: "finished", outcome: "interrupted" }
    : { state: row.state, outcome: row.outcome }),
  trigger: row.trigger,
  queuedAt: row.queued_at,
  // The report knows when the run began, the row when it got its source.
  startedAt: row.report?.startedAt ?? row.started_at,
  finishedAt: row.finished_at,
  report: row.report,
});
