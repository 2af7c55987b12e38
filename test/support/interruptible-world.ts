/**
 * A world whose users come on pages of ten, by a cursor, with a checkpoint for each page, so that a run can be interrupted at any of
 * them and the next one goes on there.
 */
import { Failure } from "../../src/domain/errors";
import type { RunReport } from "../../src/domain/runs";
import type { RunChoices } from "./create-runner";
import { eventually } from "./eventually";
import type { List } from "./upstream-list";
import { crowd, JOB, startWorld, type World } from "./world";

/** A checkpoint with every page. */
export const EVERY_PAGE = { rows: 1, checkpointEvery: 0 };

export const CURSOR_JOB = JOB.replace(
  "page: { offset: offset, size: limit=10, total: total }",
  "page: { cursor: next, as: after, size: limit=10, total: total }",
);

export class InterruptibleWorld {
  private constructor(
    readonly world: World,
    /** The users' list, for faults. */
    public list: List,
  ) {}

  /** With 75 users, on eight pages. */
  static async start(): Promise<InterruptibleWorld> {
    const world = await startWorld({ "jobs/acme.yaml": CURSOR_JOB });
    const list = world.upstream.serveList("/users", () => world.users, {
      paging: "cursor",
      pageSize: 10,
      total: "body",
    });
    world.users = crowd(75);
    return new InterruptibleWorld(world, list);
  }

  sync(choices: RunChoices = {}): Promise<RunReport> {
    return this.world.sync({ batches: EVERY_PAGE, ...choices });
  }

  /** The numbers of the users' pages that were asked for since then. */
  pagesSince(start: number): readonly number[] {
    const asked = this.world.upstream.requests.slice(start).filter(({ path }) => path === "/users");
    return asked.map(({ query }) => Number((query.get("after") ?? "c-0").replace("c-", "")) / 10 + 1);
  }

  pathsSince(start: number): readonly string[] {
    return [...new Set(this.world.upstream.requests.slice(start).map(({ path }) => path))];
  }

  /** Resolves when so many pages of the users are in a checkpoint. */
  async areKept(pages: number): Promise<void> {
    const kept = `select from sync.checkpoints, json_array_elements(streams) as state
    where state ->> 'stream' = 'users' and (state #>> '{counted,pages}')::integer >= $1`;
    await eventually(
      () => this.world.sql(kept, [pages]),
      (rows) => rows.length > 0,
    );
  }

  /** Holds back that page of the users until all before it are kept, and then does something else with it. */
  strike(page: number, then: () => { status?: number; body?: unknown }): void {
    this.list.fault(page, async () => {
      await this.areKept(page - 1);
      return then();
    });
  }

  /** A run that is told to end while it waits for that page of the users. */
  async interruptAt(page: number, choices: RunChoices = {}): Promise<RunReport> {
    const ending = new AbortController();
    this.strike(page, () => {
      ending.abort(new Failure("RUN004", "the worker was told to end"));
      return { status: 500 };
    });
    const report = await this.sync({ signal: ending.signal, ...choices });
    this.list.heal();
    expect(report).toMatchObject({ outcome: "interrupted", error: { code: "RUN004" } });
    return report;
  }

  async nothingIsLeftToDo(): Promise<void> {
    const planned = await this.world.plan();
    expect(planned.outcome).toBe("ok");
    for (const counts of Object.values(planned.entities))
      expect(counts).toMatchObject("fetched" in counts ? { new: 0, changed: 0, gone: 0 } : { granted: 0, revoked: 0 });
    const twice = "select from audit.entries group by entity, key, related, scope, origin, kind having count(*) > 1";
    expect(await this.world.sql(twice)).toEqual([]);
    expect(await this.world.sql("select from sync.checkpoints")).toEqual([]);
  }
}
