import type { EntityName, LinkKind } from "../../domain/entities";
import type { HoldEvidence, HoldSummary } from "../../domain/runs";
import type { Population } from "../../domain/staging";
import { type HoldRow, summaryOf } from "../hold-row";
import { countMet } from "./digests";
import { isKeyLanded, isLandedOrigin, isUnconcluded, landedLinks, landedRecords } from "./landed";
import { affected, numberOf, rowsOf, type StageContext } from "./stage-context";
import { STATED, sameLink } from "./stage-tables";

/** A population as far as the mirror knows it. */
type Weight = Omit<Population, "complete">;

/** Somebody who could sign in and could not any more is a removal, as much as a tombstone. */
const DISABLES = `(kind = 'update' and entity = 'users' and old ->> 'status' = 'active' and new ->> 'status' in ('locked', 'disabled'))`;

/** Whoever landed in this very run and could not stand was never there. */
export const REMOVALS = `((kind = 'tombstone' and cause <> 'conflict') or (kind = 'revoke' and ${STATED}) or ${DISABLES})`;

/** What landed in this run, or in one that was never concluded, is neither changed nor removed by this one. */
export async function weighRecords(context: StageContext, entity: EntityName): Promise<Weight> {
  const landed = landedRecords(context, entity);
  const others = `entity = $2 and not ${isKeyLanded(context, entity, "changes.key")} and not exists (
    select from mirror.${entity} m where m.source = $1 and m.key = changes.key and ${isUnconcluded("m")})`;
  const [row] = await rowsOf<Record<string, unknown>>(
    context,
    `select ${(await context.before()).records[entity]} as before,
            ${landed} + (select count(*) from stage_${entity} s where not ${isKeyLanded(context, entity, "s.key")}) + ${countMet("$2")}
              + (select count(*) from stage_rejects where entity = $2)
              + (select count(*) from stage_skips where entity = $2) as fetched,
            (select count(*) from stage_rejects where entity = $2) as rejected,
            (select count(*) from changes where ${others} and kind = 'update' and not held) as changed,
            (select count(*) from changes where ${others} and ${REMOVALS} and not held) as removals,
            ${REMOVED_BEFORE} as "removedBefore"`,
    [context.source, entity],
  );
  return toWeight(entity, row);
}

export async function weighLinks(context: StageContext, kind: LinkKind): Promise<Weight> {
  const landed = landedLinks(context, kind);
  const [row] = await rowsOf<Record<string, unknown>>(
    context,
    `select ${(await context.before()).links[kind].all} as before,
            ${landed} + (select count(*) from stage_links where kind = $2) as fetched,
            (select count(*) from changes
              where entity = $2 and ${REMOVALS} and not held and not ${isLandedOrigin(context, "origin")} and not exists (
                select from mirror.${kind} t where ${sameLink(kind, "changes")} and ${isUnconcluded("t")})) as removals,
            ${REMOVED_BEFORE} as "removedBefore"`,
    [context.source, kind],
  );
  return toWeight(kind, row);
}

const REMOVED_BEFORE = `coalesce(
  (select sum(count) from sync.removals where source = $1 and entity = $2 and at > now() - interval '7 days'), 0)`;

function toWeight(entity: EntityName | LinkKind, row: Record<string, unknown> = {}): Weight {
  const number = (name: string): number => Number(row[name] ?? 0);
  return {
    entity,
    before: number("before"),
    fetched: number("fetched"),
    rejected: number("rejected"),
    changed: number("changed"),
    removals: number("removals"),
    removedBefore: number("removedBefore"),
  };
}

/** Marks what is too much as held. */
export async function holdChanges(
  context: StageContext,
  entity: EntityName | LinkKind,
  what: keyof typeof HELD_BY,
): Promise<void> {
  await affected(context, `update changes set held = true where entity = $1 and ${HELD_BY[what]}`, [entity]);
}

const HELD_BY = { removals: REMOVALS, changes: "kind = 'update'" } as const;

/** What applying this run does to the holds of its source. */
export interface HoldTransition {
  /** What the run reports: the hold that waits after it. */
  readonly hold: HoldSummary | null;
  readonly news: boolean;
  /** A hold of this run to be opened. */
  readonly opens: boolean;
  /** Earlier holds and their new state. */
  readonly closes: { readonly run: number; readonly state: "applied" | "replaced" | "expired" } | null;
  readonly released: boolean;
}

/**
 * Holds the run's held set against the source's latest hold. The same set stays under the same hold; a released one is let
 * through; a rejected one stays held in silence. A different set replaces the hold, but only when the run is `conclusive`,
 * that is, read the whole source.
 */
export async function decideHold(
  context: StageContext,
  evidence: readonly HoldEvidence[],
  { conclusive, letThrough }: { readonly conclusive: boolean; readonly letThrough: boolean },
): Promise<HoldTransition> {
  const count = await numberOf(context, "select count(*) from changes where held");
  const hash = count === 0 ? "" : await hashChanges(context, "held");
  const [latest] = await rowsOf<HoldRow & { expired: boolean }>(
    context,
    `select *, coalesce(expires_at < now(), false) as expired from sync.holds
     where source = $1 and state in ('open', 'released', 'rejected') order by run desc limit 1`,
    [context.source],
  );
  const nothing = { hold: null, news: false, opens: false, closes: null, released: false };
  const previous = latest === undefined ? null : summaryOf(latest);

  if (count === 0)
    return previous !== null && conclusive ? { ...nothing, closes: { run: previous.run, state: "replaced" } } : nothing;
  const expired = previous?.state === "released" && latest?.expired === true;
  if (previous !== null && previous.hash === hash && !expired) {
    if (previous.state === "released" && letThrough) {
      // Whether a grant lives is for comparing to tell, once it is known who comes.
      await affected(context, "delete from changes where held and kind = 'grant'");
      await affected(context, "update changes set held = false where held");
      return { ...nothing, closes: { run: previous.run, state: "applied" }, released: true };
    }
    return { ...nothing, hold: previous, news: previous.state !== "rejected" };
  }
  if (previous !== null && !conclusive && !expired)
    return {
      ...nothing,
      hold: previous,
      news: previous.state !== "rejected" || (await holdsMore(context, previous.run)),
    };
  return {
    hold: {
      run: context.run,
      source: context.source,
      count,
      hash,
      state: "open",
      evidence,
      heldAt: new Date().toISOString(),
      decidedBy: null,
      expiresAt: null,
    },
    news: true,
    opens: true,
    closes: previous === null ? null : { run: previous.run, state: expired ? "expired" : "replaced" },
    released: false,
  };
}

/** Whether anything is held that is not in the set of that run. */
async function holdsMore(context: StageContext, run: number): Promise<boolean> {
  const others = await numberOf(
    context,
    `select count(*) from changes c
     where c.held and not exists (
       select from sync.held_changes h
       where h.run = $1 and h.entity = c.entity and h.key = c.key and h.related = c.related and h.scope = c.scope
         and h.kind = c.kind and h.new is not distinct from c.new)`,
    [run],
  );
  return others > 0;
}

/** SHA-256 in hex over (entity, key, kind, old, new) of all changes of a kind, in canonical order: no local ids, no times. */
export async function hashChanges(context: Pick<StageContext, "client">, which: "held" | "not held"): Promise<string> {
  const [row] = await rowsOf<{ hash: string }>(
    context,
    `select encode(sha256(coalesce(string_agg(digest, '' order by entity, key, related, scope, origin, owner, kind), '')), 'hex') as hash
     from (
       select entity collate "C", key collate "C", related collate "C", scope collate "C", origin collate "C",
              owner collate "C", kind collate "C",
              sha256(convert_to(jsonb_build_array(entity, key, related, scope, origin, owner, kind, old, new)::text, 'UTF8')) as digest
       from changes where ${which}
     ) as canonical`,
  );
  return row?.hash ?? "";
}
