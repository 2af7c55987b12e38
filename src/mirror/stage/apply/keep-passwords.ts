import type { PasswordCounts } from "../../../domain/passwords";
import type { ApplyRequest } from "../../../domain/staging";
import { affected, rowsOf, type StageContext } from "../stage-context";

/**
 * Passwords that a mapping brings become verifiers. `imported` is the digest of what it brought last: while the same comes, a
 * verifier stays as it is, also when a login has renewed it. Another one replaces whatever is there, for the password was changed.
 * Where none comes any more the verifier opens for nobody; it stays as an empty one for a while, so that a login that is under
 * way with the old password does not bring it back.
 */

/** The latest of each person; one who was rejected keeps what there was. */
const BROUGHT = `
  brought as materialized (
    select distinct on (p.key) p.key, p.hash, p.imported, p.because, p.read_at
    from stage_passwords p
    where not exists (select from stage_rejects r where r.entity = 'users' and r.key = p.key)
    order by p.key, p.ord desc
  )`;

const IS_HELD = "exists (select from changes c where c.entity = 'users' and c.key = b.key and c.held)";
/** Not removed, for a second witness or a person is waited for; but what was read did not bring them. */
const MISSING = `
  select key from stage_absences where entity = 'users' and remembered
  union select key from changes where entity = 'users' and kind = 'tombstone' and held`;
/** Vouched for by what a mapping brought. */
const IS_BROUGHT = "(v.imported is not null or v.is_foreign)";

/** What was read of passwords; null where nothing was. */
export async function countPasswords(context: StageContext): Promise<PasswordCounts | null> {
  if (!context.contents.mayHold("stage_passwords")) return null;
  const [counted] = await rowsOf<Record<string, number>>(
    context,
    `with ${BROUGHT}
     select count(b.hash) as usable,
            count(b.hash) filter (where v.imported is distinct from b.imported) as changed,
            count(*) filter (where b.hash is null and b.because is null) as none,
            count(*) filter (where b.hash is null and ${IS_BROUGHT} and not ${IS_HELD}) as gone,
            count(*) filter (where b.because = 'other-format') as other,
            count(*) filter (where b.because = 'unreadable') as unreadable,
            count(*) filter (where b.because = 'too-costly') as costly
     from brought b left join login.verifiers v on v.source = $1 and v.key = b.key`,
    [context.source],
  );
  const number = (name: string): number => counted?.[name] ?? 0;
  return {
    usable: number("usable"),
    changed: number("changed"),
    none: number("none"),
    gone: number("gone"),
    unusable: { "other-format": number("other"), unreadable: number("unreadable"), "too-costly": number("costly") },
  };
}

/** Comes after the changes were written: people whom they disable or remove have no verifier by then. */
export async function keepPasswords(context: StageContext, passwords: ApplyRequest["passwords"]): Promise<void> {
  const { contents } = context;
  // Nobody reads any more what would vouch for them.
  if (passwords === "undescribed") return stopVouching(context, "true");
  if (passwords !== "read") return;
  if (contents.mayHold("stage_rejects"))
    await stopVouching(context, "v.key in (select key from stage_rejects where entity = 'users')");
  if (contents.hasChanges) await stopVouching(context, `v.key in (${MISSING})`);
  if (!contents.mayHold("stage_passwords")) return;
  await stopVouching(context, `v.key in (select b.key from brought b where b.hash is null and ${IS_HELD})`);
  await emptyVerifiers(context);
  await takeOver(context);
}

/**
 * What was not confirmed is as old as the last read that confirmed it, and grows older from then on. What a held change says of
 * a password that is gone is held as well.
 */
async function stopVouching(context: StageContext, which: string): Promise<void> {
  await affected(
    context,
    `with ${BROUGHT}
     update login.verifiers v
     set imported = null, vouched_at = greatest(v.vouched_at, s.last_complete_at)
     from sync.sources s
     where v.source = $1 and s.source = $1 and v.imported is not null and ${which}`,
    [context.source],
  );
}

/** Unless the customer's system has let the person in since it was read: that verifier is of another password. */
async function emptyVerifiers(context: StageContext): Promise<void> {
  await affected(
    context,
    `with ${BROUGHT},
     gone as (
       select v.key, b.read_at, not v.is_foreign and v.vouched_at > b.read_at as is_newer
       from brought b join login.verifiers v on v.source = $1 and v.key = b.key
       where b.hash is null and ${IS_BROUGHT} and not ${IS_HELD}
       order by v.key
     )
     update login.verifiers v
     set hash = case when g.is_newer then v.hash else '' end, is_foreign = false, imported = null,
         vouched_at = greatest(v.vouched_at, g.read_at)
     from gone g where v.source = $1 and v.key = g.key`,
    [context.source],
  );
}

/** The customer's system has let the person in since: by the password of then. */
const IS_NEWER = "(not v.is_foreign and coalesce(v.vouched_at > excluded.vouched_at, false))";

/** A hash is as old as its reading, or as the change of the password that came with it. */
async function takeOver(context: StageContext): Promise<void> {
  await affected(
    context,
    `with ${BROUGHT}
     insert into login.verifiers as v (source, key, hash, vouched_at, imported, is_foreign)
     select $1, b.key, b.hash,
            greatest(b.read_at, case when u.password_changed_at <= sync.moment() then u.password_changed_at end),
            b.imported, true
     from brought b
     join mirror.users u on u.source = $1 and u.key = b.key and u.tombstoned_at is null and u.status = 'active'
     where b.hash is not null
     order by b.key
     on conflict (source, key) do update
     set hash = case when ${IS_NEWER} then v.hash else excluded.hash end,
         is_foreign = not ${IS_NEWER},
         vouched_at = greatest(v.vouched_at, excluded.vouched_at),
         -- Refused by the customer's system since it was read: what a later reading brings counts again.
         imported = case when ${IS_NEWER} and v.hash = '' then null else excluded.imported end
     where v.imported is distinct from excluded.imported`,
    [context.source],
  );
}
