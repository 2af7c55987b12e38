import type { Knex } from "knex";
import type { AccessChange } from "../domain/answers";
import type { Change } from "../domain/changes";
import { Failure } from "../domain/errors";
import type { HoldSummary } from "../domain/holds";
import { type HoldRow, summaryOf } from "./hold-row";
import { type ChangeSet, type Listed, listAccess, listChanges } from "./list-changes";

/** States in which a hold waits: for a decision, or for the run that follows it. */
const WAITING: readonly string[] = ["open", "released"];
const RELEASABLE: readonly string[] = [...WAITING, "rejected"];

/** Columns of a hold that a decision sets. */
interface Decision extends Pick<HoldRow, "decided_by" | "reason"> {
  readonly state: "released" | "rejected";
  readonly expires_at: Knex.Raw | null;
}

/** What a person decides about changes over a limit. */
export class HoldStore {
  constructor(private readonly knex: Knex) {}

  /** Newest first; without `all` only those that wait. @param limit null for as many as there are */
  async list(
    filter: { readonly source: string | null; readonly all: boolean },
    limit: number | null = 200,
  ): Promise<readonly HoldSummary[]> {
    const query = this.knex("sync.holds").orderBy("run", "desc");
    if (limit !== null) query.limit(limit);
    if (filter.source !== null) query.where({ source: filter.source });
    if (!filter.all) query.whereIn("state", WAITING);
    return ((await query) as HoldRow[]).map(summaryOf);
  }

  /** @throws Failure USE003 */
  async one(run: number): Promise<HoldSummary> {
    const row = await this.knex("sync.holds").where({ run }).first<HoldRow | undefined>();
    if (row === undefined)
      throw new Failure("USE003", `run ${run} holds nothing`, { fix: "see what is held: understudy hold list" });
    return summaryOf(row);
  }

  access({ source, run }: HoldSummary, limit: number | null): Promise<Listed<AccessChange>> {
    return listAccess(this.knex, changesOf(source, run), limit);
  }

  changes({ source, run }: HoldSummary, limit: number | null): Promise<Listed<Change>> {
    return listChanges(this.knex, changesOf(source, run), limit);
  }

  /**
   * Lets the held set through at the next run within 24 hours, if it is still the same set then; a rejected one
   * too, for minds change.
   *
   * @param expect how many changes the person saw; another count is refused
   */
  async release(run: number, expect: number, by: string, reason: string | null): Promise<HoldSummary> {
    const hold = await this.#inState(run, RELEASABLE);
    if (hold.count !== expect)
      throw new Failure("USE004", `run ${run} holds ${hold.count} changes, not ${expect}; nothing was released`, {
        fix: `look at them first: understudy hold show ${run}; then understudy hold release ${run} --expect ${hold.count}`,
      });
    const expiresAt = this.knex.raw("now() + interval '24 hours'");
    return this.#decide(run, RELEASABLE, { state: "released", decided_by: by, reason, expires_at: expiresAt });
  }

  /** Keeps the held set out, silently, until it changes. */
  async reject(run: number, by: string, reason: string | null): Promise<HoldSummary> {
    await this.#inState(run, WAITING);
    return this.#decide(run, WAITING, { state: "rejected", decided_by: by, reason, expires_at: null });
  }

  /** @throws Failure USE003, USE004 for a hold in another state */
  async #inState(run: number, states: readonly string[]): Promise<HoldSummary> {
    const hold = await this.one(run);
    if (!states.includes(hold.state))
      throw new Failure("USE004", `the hold of run ${run} is ${hold.state} and no longer waits for a decision`, {
        fix: "see what is held now: understudy hold list",
      });
    return hold;
  }

  async #decide(run: number, from: readonly string[], decision: Decision): Promise<HoldSummary> {
    const [row] = await this.knex("sync.holds")
      .where({ run })
      .whereIn("state", from)
      .update({ ...decision, decided_at: this.knex.fn.now() })
      .returning<HoldRow[]>("*");
    if (row === undefined)
      throw new Failure("USE004", `the hold of run ${run} changed at this moment; nothing was decided`);
    return summaryOf(row);
  }
}

const changesOf = (source: string, run: number): ChangeSet => ({
  source,
  plan: String(run),
  session: null,
  changes: "select h.*, true as held from sync.held_changes h where h.run = :plan::bigint",
  moment: "(select held_at from sync.holds where run = :plan::bigint)",
});
