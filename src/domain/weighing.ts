/** What a run would do, as the safeguard weighs it, and what is held of that. */
import type { EntityName, Into, LinkKind } from "./entities";
import type { HeldBack, HoldSummary } from "./holds";
import type { Json } from "./json";

/** Removals and new holders of privileged roles are weighed together with those of so many days before. */
export const DAYS_LOOKED_BACK = 7;

/** How much of an entity or a kind of link would change, for the safeguard. */
export interface Population<Of extends Into = Into> {
  readonly entity: Of;
  /** Live before the run. */
  readonly before: number;
  readonly fetched: number;
  readonly rejected: number;
  readonly changed: number;
  /** Tombstones and disables, or revoked links, of this run. */
  readonly removals: number;
  /** The same over the last seven days without this run, as far as nobody looked at them. */
  readonly removedBefore: number;
  readonly complete: boolean;
  /** Links that would end because their child stream was read in full and gave none at all. */
  readonly emptied: number;
  /** New ones. */
  readonly created: number;
  /** Records that were there and were met, in whatever state. */
  readonly known: number;
}

/** How many records must come to hold one value, or lose theirs, for a field to be looked at. */
export interface DriftFrom {
  readonly given: number;
  readonly emptied: number;
}

/** How one field would change, for the safeguard: as many records as `count` come to hold the same value. */
export interface FieldDrift {
  readonly entity: EntityName;
  /** As in `status`, or `attributes.department`. */
  readonly field: string;
  /** Null: it loses its value. */
  readonly value: Json;
  readonly count: number;
  /** What they held until now, the most frequent first; null for none. */
  readonly from: readonly { readonly value: Json; readonly count: number }[];
  /** All changes of the field. */
  readonly changed: number;
  /** Live records before the run. */
  readonly before: number;
  /** Of these the ones that have the field. */
  readonly filled: number;
  /** Distinct values of the field among them. */
  readonly distinct: number;
  /** Whether anybody has the value. */
  readonly seen: boolean;
}

/** Who would newly hold a role, for the safeguard; somebody who holds it within another org is another holder. */
export interface RoleGrowth {
  readonly role: string;
  readonly name: string | null;
  readonly privileged: boolean;
  /** Those who are new themselves included. */
  readonly gained: number;
  /** Of these the ones who were there before this run. */
  readonly gainedByKnown: number;
  /** Over the last seven days without this run, as far as nobody looked at them. */
  readonly gainedBefore: number;
  readonly holders: number;
  /** Live users before the run. */
  readonly people: number;
}

/** What roles, permissions or orgs that are to go would take from all who have them, for the safeguard. */
export interface EndingLinks {
  /** Of these links. */
  readonly kind: LinkKind;
  /** To which they lead. */
  readonly entity: EntityName;
  /** Live before the run. */
  readonly records: number;
  /** Links before the run. */
  readonly before: number;
  /** Links that were removed over the last seven days without this run, as far as nobody looked at that. */
  readonly removedBefore: number;
  /** What goes, with how many effective links, the most first. */
  readonly by: readonly { readonly key: string; readonly name: string; readonly count: number }[];
}

/** What is to be held of a population. */
export type Excess =
  | { readonly what: "removals" | "changes" | "creates" }
  | { readonly what: "tombstones"; readonly keys: readonly string[] }
  | { readonly what: "field"; readonly field: string }
  | { readonly what: "grants"; readonly role: string };

/** The hold a run ends with, and what was decided about it before. */
export interface HoldDecision {
  readonly hold: HoldSummary | null;
  /** What the run held beside an earlier hold that stays. */
  readonly heldBack: HeldBack | null;
  /** False when a person rejected exactly this set: it stays held, silently. */
  readonly news: boolean;
  /** A person released exactly this set, and it goes through. */
  readonly released: boolean;
  /** A person released another set, of which nothing goes through for that. */
  readonly missed: MissedRelease | null;
}

export interface MissedRelease {
  /** Whose hold was released. */
  readonly run: number;
  readonly count: number;
  /** How many of these changes are held again, and how many others are. */
  readonly again: number;
  readonly others: number;
  /** It is over; else another run may meet its set. */
  readonly isOver: boolean;
}
