import type { Knex } from "knex";
import { Failure } from "../domain/errors";
import type { RunOptions, RunReport, RunSummary, Trigger } from "../domain/runs";

interface RunRow {
  readonly id: string | number;
  readonly source: string;
  readonly mode: "sync" | "plan";
  readonly state: RunSummary["state"];
  readonly options: RunOptions;
  readonly trigger: Trigger;
  readonly queued_at: Date | string;
  readonly started_at: Date | string | null;
  readonly finished_at: Date | string | null;
  readonly outcome: RunSummary["outcome"];
  readonly report: RunReport | null;
}

/** Runs as they are queued, worked and remembered. */
export class RunStore {
  constructor(private readonly knex: Knex) {}

  /** @returns the number of the new run */
  async queue(source: string, options: RunOptions, trigger: Trigger): Promise<number> {
    const [row] = await this.knex("sync.runs")
      .insert({ source, mode: options.mode, options: JSON.stringify(options), trigger: JSON.stringify(trigger) })
      .returning<{ id: string | number }[]>("id");
    return Number(row?.id);
  }

  async read(run: number): Promise<{ run: number; source: string; options: RunOptions; trigger: Trigger }> {
    const row = await this.find(run);
    return { run, source: row.source, options: row.options, trigger: row.trigger };
  }

  async summary(run: number): Promise<RunSummary> {
    return summaryOf(await this.find(run));
  }

  /** Newest first. */
  async list(filter: { readonly source: string | null; readonly limit: number }): Promise<readonly RunSummary[]> {
    const query = this.knex<RunRow>("sync.runs").orderBy("id", "desc").limit(filter.limit);
    const rows = await (filter.source === null ? query : query.where({ source: filter.source }));
    return (rows as RunRow[]).map(summaryOf);
  }

  /** A run whose end was committed stays as it ended: its database may have been lost before it could tell. */
  async end(report: RunReport): Promise<void> {
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

  private async find(run: number): Promise<RunRow> {
    const row = await this.knex("sync.runs").where({ id: run }).first<RunRow | undefined>();
    if (row === undefined)
      throw new Failure("USE003", `there is no run ${run}`, { fix: "see what there is: understudy runs" });
    return row;
  }
}

const time = (at: Date | string | null): string | null => (at === null ? null : new Date(at).toISOString());

const summaryOf = (row: RunRow): RunSummary => ({
  run: Number(row.id),
  source: row.source,
  mode: row.mode,
  state: row.state,
  outcome: row.outcome,
  trigger: row.trigger,
  queuedAt: new Date(row.queued_at).toISOString(),
  startedAt: time(row.started_at),
  finishedAt: time(row.finished_at),
  report: row.report,
});
