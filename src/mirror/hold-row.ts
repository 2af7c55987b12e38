import type { HoldEvidence, HoldSummary } from "../domain/runs";

/** A row of sync.holds. */
export interface HoldRow {
  readonly run: string | number;
  readonly source: string;
  readonly hash: string;
  readonly count: string | number;
  readonly state: HoldSummary["state"];
  readonly evidence: readonly HoldEvidence[];
  readonly held_at: Date | string;
  readonly decided_by: string | null;
  readonly reason: string | null;
  readonly expires_at: Date | string | null;
}

export const summaryOf = (row: HoldRow): HoldSummary => ({
  run: Number(row.run),
  source: row.source,
  count: Number(row.count),
  hash: row.hash,
  state: row.state,
  evidence: row.evidence,
  heldAt: new Date(row.held_at).toISOString(),
  decidedBy: row.decided_by,
  reason: row.reason,
  expiresAt: row.expires_at === null ? null : new Date(row.expires_at).toISOString(),
});
