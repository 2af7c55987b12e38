import type { Knex } from "knex";
import type { AccessChange } from "../domain/answers";
import type { Change } from "../domain/changes";
import { type ChangeSet, type Listed, listAccess, listChanges } from "./list-changes";

/** Stored plans, as they are shown. */
export class PlanStore {
  constructor(private readonly knex: Knex) {}

  access(source: string, plan: string, limit: number | null): Promise<Listed<AccessChange>> {
    return listAccess(this.knex, changesOf(source, plan), limit);
  }

  changes(source: string, plan: string, limit: number | null): Promise<Listed<Change>> {
    return listChanges(this.knex, changesOf(source, plan), limit);
  }

  async expiresAt(source: string, plan: string): Promise<string | null> {
    const row = await this.knex("sync.plans")
      .where({ source, id: plan })
      .first<{ expires_at: string } | undefined>("expires_at");
    return row?.expires_at ?? null;
  }
}

const changesOf = (source: string, plan: string): ChangeSet => ({
  source,
  plan,
  session: null,
  changes: "select * from sync.plan_changes where source = :source and plan = :plan",
  moment: "(select made_at from sync.plans where source = :source and id = :plan)",
});
