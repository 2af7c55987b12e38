/** What is told from the audit alone: plain values, JSON as they stand. Times are RFC 3339 in UTC. */
import type { AuditEntry } from "./changes";
import type { EntityName, LinkKind } from "./entities";
import type { JsonObject } from "./json";

export interface AuditAnswer {
  readonly source: string;
  readonly key: string;
  readonly entries: readonly AuditEntry[];
  /** Why this may not be the whole truth, for people. */
  readonly note: string | null;
}

/** An entry as it is exported: also those of no record, such as of a source that was retired or of a key for applications. */
export interface ExportedEntry extends Omit<AuditEntry, "entity"> {
  /** Entries of one moment are in the order of their ids. */
  readonly id: number;
  readonly entity: string;
  /** Who states a link of a child stream: the key of its parent. Null of everything else. */
  readonly owner: string | null;
}

/** What an export holds, told once it is whole. */
export interface ExportSummary {
  /** Null for all of them. */
  readonly source: string | null;
  /** What was before is left out. */
  readonly since: string | null;
  /** What was then or later is left out. */
  readonly until: string | null;
  /** What was committed after that is not among the entries. */
  readonly asOf: string;
  /** From when on the audit is whole; from before, it has only what still held then. Null while no month was dropped. */
  readonly auditSince: string | null;
  readonly count: number;
  /** Times of the first and the last entry; null when there is none. */
  readonly first: string | null;
  readonly last: string | null;
}

/** Which field a person's name was taken from, for whoever masks it; it is told to nobody. */
export interface CalledBy {
  readonly calledBy?: "display_name" | "username" | null;
}

/** What became of a record between two moments, by the key that it has now. */
export interface RecordDifference extends CalledBy {
  readonly entity: EntityName;
  readonly key: string;
  /** Display name, else username, or the record's name, as it is now; masked where the mapping says `pii`. */
  readonly name: string | null;
  readonly kind: "created" | "removed" | "restored" | "changed";
  /** The fields that differ; a rename by `key`. Null of what was created or removed. */
  readonly old: JsonObject | null;
  /** Of what was created all its fields; null of what was removed. */
  readonly new: JsonObject | null;
}

/** A link that is held at one of two moments alone. */
export interface LinkDifference extends CalledBy {
  readonly kind: LinkKind;
  readonly key: string;
  readonly name: string | null;
  readonly related: string;
  readonly relatedName: string | null;
  /** The org a role is held within. */
  readonly scope: string | null;
  readonly effect: "gained" | "lost";
}

export interface DiffAnswer {
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly records: readonly RecordDifference[];
  readonly recordsTotal: number;
  readonly links: readonly LinkDifference[];
  readonly linksTotal: number;
  /** Why this may not be the whole truth, for people. */
  readonly note: string | null;
}

/** Somebody who holds a role at a moment, and how that came about. */
export interface RoleHolder extends CalledBy {
  readonly key: string;
  /** Display name, else username, as it is now; masked where the mapping says `pii`. Null for a person never mirrored. */
  readonly name: string | null;
  /** The org the role is held within. */
  readonly org: string | null;
  readonly since: string;
  readonly run: number;
  readonly cause: string;
  readonly actor: string;
  readonly reason: string | null;
}

/** A seal that was kept outside of the database. */
export interface KeptSeal {
  readonly seal: number;
  /** Hexadecimal. */
  readonly hash: string;
}

/** What is not as it was when it was sealed. */
export interface SealFinding {
  /**
   * Of an entry: `edited`, `gone` or `added` since. Of the seal itself: `seal-edited`, `seal-missing`, `seal-added`, or `not-kept`
   * where it is another one than was kept outside. `drop-edited`: the entry tells of a drop, and the list of what it dropped is another
   * one, or names what must not be dropped, or it is told of a time to come and was not sealed then. `clock-behind`: it tells of a drop at
   * a time to come by the database's clock, and was sealed then; the clock cannot prove that what was dropped was old enough.
   */
  readonly kind:
    | "edited"
    | "gone"
    | "added"
    | "drop-edited"
    | "clock-behind"
    | "seal-edited"
    | "seal-missing"
    | "seal-added"
    | "not-kept";
  readonly seal: number;
  /** The id of the entry; null where it is about a seal. */
  readonly entry: number | null;
  /** What the entry says now; null for one that is gone. */
  readonly says: Pick<AuditEntry, "at" | "kind" | "source" | "entity" | "key"> | null;
}

/** Whether the audit says what it said when it was sealed. */
export interface SealsAnswer {
  readonly holds: boolean;
  /** How many were held against what their seals say. */
  readonly entries: number;
  /** Of these, how many are gone because a person was erased. */
  readonly erased: number;
  readonly seals: number;
  /** The last seal, to be kept where nobody who changes the database can change it; null before the first. */
  readonly head: (KeptSeal & { readonly sealedAt: string }) | null;
  /** Entries that came after the last seal. */
  readonly unsealed: number;
  /** Entries that were sealed and went when their time was over, as the audit says of itself. */
  readonly dropped: number;
  /** From when on the audit is whole; null while no month was dropped. */
  readonly auditSince: string | null;
  readonly findings: readonly SealFinding[];
  readonly findingsTotal: number;
}

export interface WhoAnswer {
  readonly source: string;
  readonly role: { readonly key: string; readonly name: string | null };
  readonly at: string;
  readonly holders: readonly RoleHolder[];
  /** Why this may not be the whole truth, for people. */
  readonly note: string | null;
}
