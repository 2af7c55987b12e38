/** What undoing a run asks for, and what it tells. */

import type { EntityName, Into, LinkKind } from "./entities";
import { quoted } from "./quoted";

/** Which run is to be undone, and how much of it. */
export interface RevertRequest {
  readonly run: number;
  /** Only what it did to this person and to what they hold; null means everybody. */
  readonly user: string | null;
  /** Only this field, attribute (`department` or `attributes.department`) or list (`roles`); null means all. */
  readonly field: string | null;
  /** Leaves alone what changed since, which otherwise keeps the whole run from being undone. */
  readonly keepNewer: boolean;
}

/** What is put back of an entity or a kind of link. */
export interface RevertCounts {
  /** Records that come back. */
  readonly restored: number;
  /** Records that go, as the run had brought them. */
  readonly gone: number;
  /** Records that get their old values. */
  readonly changed: number;
  readonly granted: number;
  readonly revoked: number;
}

/** Something of the run that is not any more as the run left it. */
export interface NewerChange {
  readonly entity: Into;
  readonly key: string;
  /** The right end of a link, and a role's org. */
  readonly related: string | null;
  readonly scope: string | null;
  readonly field: string | null;
  readonly because: string;
  /** The latest run that wrote to it, where that is known. */
  readonly run: number | null;
}

/** What undoing a run finds. */
export interface RevertFacts {
  /** Rows of the change set, with the links that live or end because a record at one of their ends does. */
  readonly changes: number;
  readonly counts: Readonly<Partial<Record<EntityName | LinkKind, RevertCounts>>>;
  readonly newer: readonly NewerChange[];
  readonly newerTotal: number;
}

export interface RevertSummary extends RevertFacts, RevertRequest {
  readonly applied: boolean;
}

/** The command that shows how a run would be undone, as it was asked for. */
export const revertCommand = ({ run, user, field, keepNewer }: RevertRequest): string =>
  [
    `understudy revert ${run}`,
    ...(user === null ? [] : [`--user ${quoted(user)}`]),
    ...(field === null ? [] : [`--field ${quoted(field)}`]),
    ...(keepNewer ? ["--keep-newer"] : []),
  ].join(" ");
