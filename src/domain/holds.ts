/** What waits for a person, and why. */
import type { EntityName, LinkKind } from "./entities";

export interface HoldSummary {
  readonly run: number;
  readonly source: string;
  readonly count: number;
  readonly hash: string;
  readonly state: "open" | "released" | "applied" | "rejected" | "replaced" | "expired";
  readonly evidence: readonly HoldEvidence[];
  readonly heldAt: string;
  readonly decidedBy: string | null;
  /** Why, in the words of the person who decided it. */
  readonly reason: string | null;
  readonly expiresAt: string | null;
}

/** What a run held that the hold it reports says nothing of: only a run of the whole source puts another hold in its place. */
export interface HeldBack {
  readonly count: number;
  readonly evidence: readonly HoldEvidence[];
}

/** Why something is held: which limit, over what population. */
export interface HoldEvidence {
  readonly entity: EntityName | LinkKind;
  readonly rule: HoldRule;
  /** Changes held by this rule. */
  readonly count: number;
  readonly of: number;
  /** Counts, and no personal data. */
  readonly message: string;
  /** The one whose changes are held, as in `status` or `attributes.department`. */
  readonly field?: string;
  /** Key of the role whose grants are held. */
  readonly role?: string;
}

/**
 * - `removals`, `empty`, `shrink`, `rejects`, `edited`: removals
 * - `replaced`: creates, and the removals beside them
 * - `changes`: updates
 * - `emptied`, `flips`, `unseen`: what updates do to one field
 * - `privileged`, `holders`: grants of one role
 * - `reverted`: changes of any kind that a person undid and the upstream still asks for
 */
export type HoldRule =
  | "removals"
  | "empty"
  | "shrink"
  | "reverted"
  | "rejects"
  | "edited"
  | "replaced"
  | "changes"
  | "emptied"
  | "flips"
  | "unseen"
  | "privileged"
  | "holders";
