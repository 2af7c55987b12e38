import type { ClientBase } from "pg";
import { Failure } from "../../domain/errors";
import { LOCAL_SOURCE } from "../../domain/login";
import { quoted } from "../../domain/quoted";

interface Asked {
  readonly source: string;
  readonly key: string;
  /** Nobody reads it any more. */
  readonly isRetired: boolean;
}

interface Found {
  readonly id: string | null;
  readonly lives: boolean;
  readonly renamed: string | null;
  readonly rejected: boolean;
  readonly held: boolean;
  readonly stated: string | null;
  readonly waiting: number | null;
}

/**
 * What keeps a person: an account that is there, a reject of their record, a hold of their coming, a list of members that names them, a
 * run about them that has not begun. A list of their own is none: it is their record that is gone.
 */
const LOOK = `
  select u.id::text as id, coalesce(u.tombstoned_at is null and u.key is not null, false) as lives,
         (select new_key from sync.rekeys where source = $1 and entity = 'users' and old_key = $2 and u.key is null
          order by at desc limit 1) as renamed,
         exists (select from sync.rejects where source = $1 and entity = 'users' and key = $2 and healed_at is null) as rejected,
         exists (
           select from sync.pins where source = $1 and entity = 'users' and key = $2 and kind = 'restore'
           union all
           select from sync.held_changes c join sync.holds h on h.run = c.run
           where h.source = $1 and h.state in ('open', 'released', 'rejected')
             and c.entity = 'users' and c.key = $2 and c.kind in ('create', 'restore')) as held,
         (select min(origin) from (
            select origin, owner_key from mirror.user_roles where source = $1 and user_key = $2
            union all select origin, owner_key from mirror.user_orgs where source = $1 and user_key = $2) links
          where owner_key <> $2 or split_part(origin, '.', 2) = 'members') as stated,
         (select min(id) from sync.runs
          where source = $1 and state <> 'finished' and $2 in (options ->> 'user', options -> 'revert' ->> 'user')) as waiting
  from (select) once left join mirror.users u on u.source = $1 and u.key = $2`;

/**
 * Whoever the customer's system still lists would be back with the next run.
 *
 * @returns the local id; null for somebody who never came into the mirror
 * @throws Failure USE003 for a key that was renamed, USE004 for somebody who is still listed, RUN001 for somebody about to be read
 */
export async function refuseListed(client: ClientBase, { source, key, isRetired }: Asked): Promise<string | null> {
  const { rows } = await client.query<Found>(LOOK, [source, key]);
  const found = rows[0] as Found;
  const { id, renamed, waiting } = found;
  if (renamed !== null)
    throw new Failure("USE003", `the mirror of \`${source}\` holds nobody with this key: it was renamed`, {
      fix: `name them by the key they have now: understudy erase ${quoted(`${source}/${renamed}`)}`,
    });
  if (waiting !== null)
    throw new Failure("RUN001", `run ${waiting} is about to work on this person; nothing was done`, {
      fix: `wait for it: understudy show ${waiting}`,
    });
  const still = isRetired ? null : whyListed(found);
  if (still === null) return id;
  if (source === LOCAL_SOURCE)
    throw new Failure("USE004", "this administrator is still there; nothing was done", {
      fix: `remove them first: understudy admin remove ${quoted(key)}`,
    });
  throw new Failure(
    "USE004",
    `\`${source}\` still lists this person (${still}), and the next run would bring them back; nothing was done`,
    { fix: `have them removed there, then read it until they are gone here: understudy sync ${source}` },
  );
}

/** What says that they are still there, for people; null when nothing does. */
function whyListed({ lives, rejected, held, stated }: Found): string | null {
  if (lives) return "the account is there";
  if (rejected) return "the record is there, and rejected";
  if (held) return "what would bring them back is held";
  return stated === null ? null : `\`${stated}\` names them`;
}
