import type { HoldEvidence, HoldSummary } from "../domain/holds";

/** A row of sync.holds. */
export interface HoldRow {
  readonly run: number;
  readonly source: string;
  readonly hash: string;
  readonly count: number;
  readonly state: HoldSummary["state"];
  readonly evidence: readonly HoldEvidence[];
  readonly held_at: string;
  readonly decided_by: string | null;
  readonly reason: string | null;
  readonly expires_at: string | null;
}

export const summaryOf = (row: HoldRow): HoldSummary => ({
  run: row.run,
  source: row.source,
  count: row.count,
  hash: row.hash,
  state: row.state,
  evidence: row.evidence,
  heldAt: row.held_at,
  decidedBy: row.decided_by,
  reason: row.reason,
  expiresAt: row.expires_at,
});
