import { Failure } from "../../../domain/errors";
import type { HeldBack, HoldEvidence, HoldSummary } from "../../../domain/holds";
import type { MissedRelease } from "../../../domain/weighing";
import { bySets } from "../../by-sets";
import { type HoldRow, summaryOf } from "../../hold-row";
import { affected, numberOf, rowsOf, type StageContext } from "../stage-context";
import { joinFields } from "./split-fields";

/** What applying this run does to the holds of its source. */
export interface HoldTransition {
  /** What the run reports: the hold that waits after it. */
  readonly hold: HoldSummary | null;
  /** What it held beside that, when that is an earlier run's and stays. */
  readonly heldBack: HeldBack | null;
  readonly news: boolean;
  /** A hold of this run to be opened. */
  readonly opens: boolean;
  /** Earlier holds and their new state. */
  readonly closes: { readonly run: number; readonly state: "applied" | "replaced" | "expired" } | null;
  /** The run whose held set is let through, and who let it. */
  readonly released: { readonly run: number; readonly by: string | null; readonly reason: string | null } | null;
  /** A release of another set. */
  readonly missed: MissedRelease | null;
}

export const NOTHING_HELD: HoldTransition = {
  hold: null,
  heldBack: null,
  news: false,
  opens: false,
  closes: null,
  released: null,
  missed: null,
};

type LatestHold = HoldRow & { readonly expired: boolean };

/**
 * Holds the run's held set against the source's latest hold. The same set stays under the same hold; a released one is let
 * through; a rejected one stays held in silence. A different set replaces the hold, but only when it `mayReplace` it, being of a run
 * that read the whole source; otherwise the hold stays, and what else is held is told beside it.
 */
export async function decideHold(
  context: StageContext,
  evidence: readonly HoldEvidence[],
  how: HowDecided,
): Promise<HoldTransition> {
  const [latest] = await rowsOf<LatestHold>(
    context,
    `select *, coalesce(expires_at < now(), false) as expired from sync.holds
     where source = $1 and state in ('open', 'released', 'rejected') order by run desc limit 1`,
    [context.source],
  );
  const transition = await transitionFrom(context, latest, evidence, how);
  const isMissed = how.letThrough && latest?.state === "released" && !latest.expired && transition.released === null;
  return isMissed ? { ...transition, missed: await missedRelease(context, latest, transition) } : transition;
}

interface HowDecided {
  readonly mayReplace: boolean;
  readonly letThrough: boolean;
}

async function missedRelease(
  context: StageContext,
  { run, count }: LatestHold,
  { closes }: HoldTransition,
): Promise<MissedRelease> {
  const others = await countOthers(context, run);
  const held = await numberOf(context, "select count(*) from changes where held");
  return { run, count, again: held - others, others, isOver: closes !== null };
}

async function transitionFrom(
  context: StageContext,
  latest: LatestHold | undefined,
  evidence: readonly HoldEvidence[],
  { mayReplace, letThrough }: HowDecided,
): Promise<HoldTransition> {
  const count = await numberOf(context, "select count(*) from changes where held");
  const hash = count === 0 ? "" : await hashChanges(context, "held");
  const previous = latest === undefined ? null : summaryOf(latest);

  if (count === 0)
    return previous !== null && mayReplace
      ? { ...NOTHING_HELD, closes: { run: previous.run, state: "replaced" } }
      : NOTHING_HELD;
  const expired = previous?.state === "released" && latest?.expired === true;
  if (previous !== null && previous.hash === hash && !expired) {
    if (previous.state === "released" && letThrough) {
      await affected(context, "update changes set held = false where held");
      await bySets(context.client, () => joinFields(context));
      const { run, decidedBy: by, reason } = previous;
      return { ...NOTHING_HELD, closes: { run, state: "applied" }, released: { run, by, reason } };
    }
    return { ...NOTHING_HELD, hold: previous, news: previous.state !== "rejected" };
  }
  if (previous !== null && !mayReplace && !expired) {
    const isMore = (await countOthers(context, previous.run)) > 0;
    return {
      ...NOTHING_HELD,
      hold: previous,
      heldBack: isMore ? { count, evidence } : null,
      news: previous.state !== "rejected" || isMore,
    };
  }
  return {
    ...NOTHING_HELD,
    hold: {
      run: context.run,
      source: context.source,
      count,
      hash,
      state: "open",
      evidence,
      heldAt: new Date().toISOString(),
      decidedBy: null,
      reason: null,
      expiresAt: null,
    },
    news: true,
    opens: true,
    closes: previous === null ? null : { run: previous.run, state: expired ? "expired" : "replaced" },
  };
}

/** A held change and one of this run are about the same thing, and of a link by the same list. */
const IS_SAME =
  "h.entity = c.entity and h.key = c.key and h.related = c.related and h.scope = c.scope and h.origin = c.origin";

/** Marks what goes through because a person let it: it counts for no limit, and the audit names who that was. */
export async function markReleased(context: StageContext, run: number): Promise<void> {
  const released = `update changes c set released = true from sync.held_changes h
     where h.run = $1 and not c.held and h.kind = c.kind and ${IS_SAME}`;
  await bySets(context.client, () => affected(context, released, [run]));
}

/**
 * What a stored plan relies on: the release that let its changes through when it was made. Whether that still stands is asked as they
 * are written.
 */
export async function releaseOfPlan(
  context: StageContext,
): Promise<Pick<HoldTransition, "closes" | "released"> | null> {
  const latest = `select o.* from sync.holds o
     where o.source = $1 and exists (
       select from sync.held_changes h join changes c on h.kind = c.kind and ${IS_SAME} where h.run = o.run and c.released)
     order by o.run desc limit 1`;
  const [row] = await bySets(context.client, () =>
    rowsOf<HoldRow & Record<string, unknown>>(context, latest, [context.source]),
  );
  if (row === undefined) return null;
  const { run, decidedBy: by, reason } = summaryOf(row);
  return { closes: { run, state: "applied" }, released: { run, by, reason } };
}

/** Writes what was decided: the hold that is over, and the one that begins. */
export async function keepHold(context: StageContext, transition: HoldTransition): Promise<void> {
  const { closes, opens, hold } = transition;
  if (closes !== null) await closeHold(context, closes);
  if (!opens || hold === null) return;
  await context.client.query(
    `insert into sync.holds (run, source, hash, count, state, evidence, held_at) values ($1, $2, $3, $4, 'open', $5, sync.moment())`,
    [context.run, context.source, hold.hash, hold.count, JSON.stringify(hold.evidence)],
  );
  await context.client.query(
    `insert into sync.held_changes (run, entity, key, related, scope, origin, kind, effective, old, new, cause)
     select $1, entity, key, related, scope, origin, kind, effective, old, new, cause from changes where held`,
    [context.run],
  );
}

/** A release may be taken back, or expire, while the run that relies on it is under way, or before a plan is applied. */
async function closeHold(context: StageContext, { run, state }: NonNullable<HoldTransition["closes"]>): Promise<void> {
  const closed = await affected(
    context,
    `update sync.holds set state = $2, decided_at = coalesce(decided_at, sync.moment())
     where run = $1 and ($2 <> 'applied' or (state = 'released' and expires_at > sync.moment()))`,
    [run, state],
  );
  if (closed === 0)
    throw new Failure(
      "RUN002",
      `the release of run ${run} no longer stands: it was taken back, has expired or was replaced; nothing was written`,
      {
        fix: "see what is held now: understudy hold list",
      },
    );
}

/**
 * Whether a person released what the source's latest hold holds, and no run has let it through yet.
 *
 * @param orExpired also where that came too late, so that it is to be asked about anew
 */
export async function awaitsRelease(
  context: StageContext,
  { orExpired }: { readonly orExpired: boolean } = { orExpired: false },
): Promise<boolean> {
  const released =
    "select count(*) from sync.holds where source = $1 and state = 'released' and (expires_at > now() or $2)";
  return (await numberOf(context, released, [context.source, orExpired])) > 0;
}

/** How much is held that is not in the set of that run. */
function countOthers(context: StageContext, run: number): Promise<number> {
  const others = `select count(*) from changes c
     where c.held and not exists (
       select from sync.held_changes h
       where h.run = $1 and ${IS_SAME} and h.kind = c.kind and h.new is not distinct from c.new)`;
  return bySets(context.client, () => numberOf(context, others, [run]));
}

/** SHA-256 in hex over (entity, key, kind, old, new) of all changes of a kind, in canonical order: no local ids, no times. */
export async function hashChanges(context: Pick<StageContext, "client">, which: "held" | "not held"): Promise<string> {
  const [row] = await rowsOf<{ hash: string }>(
    context,
    `select encode(sha256(coalesce(string_agg(digest, '' order by entity, key, related, scope, origin, owner, kind, digest), '')), 'hex') as hash
     from (
       select entity collate "C", key collate "C", related collate "C", scope collate "C", origin collate "C",
              owner collate "C", kind collate "C",
              sha256(convert_to(jsonb_build_array(entity, key, related, scope, origin, owner, kind, old, new)::text, 'UTF8')) as digest
       from changes where ${which}
     ) as canonical`,
  );
  return row?.hash ?? "";
}
