import type { ClientBase } from "pg";
import type { LocalGrant } from "../domain/local-access";
import { writeCommandAudit } from "./write-command-audit";

/** The columns of mirror.local_grants, as a `LocalGrant`. */
export const GRANT = `
  id, source, user_key as "user", role_key as role, nullif(org_key, '') as org, granted_at as "grantedAt",
  granted_by as "grantedBy", reason, expires_at as until, ended_at as "endedAt"`;

/** How the audit names the link that a grant makes. */
export const linkOf = ({ source, user, role, org }: LocalGrant) => ({
  source,
  entity: "user_roles",
  key: user,
  related: role,
  scope: org ?? "",
  origin: "local",
});

/** Nothing ends before it began, whatever clocks say. */
const endOf = ({ until, grantedAt }: LocalGrant): { readonly at?: string } =>
  until === null ? {} : { at: Date.parse(until) > Date.parse(grantedAt) ? until : grantedAt };

/**
 * Ends grants whose time is over, and writes the audit entry as of that moment and by the person who gave them; they
 * stop counting then, whenever this is written down.
 *
 * @param source null for all
 */
export async function expireGrants(client: ClientBase, source: string | null): Promise<void> {
  const { rows } = await client.query<LocalGrant>(
    `with ended as (
       update mirror.local_grants set ended_at = expires_at, ended_by = 'understudy', end_reason = 'its time was over'
       where ended_at is null and expires_at <= now() and ($1::text is null or source = $1) returning *
     )
     select ${GRANT} from ended where effective order by id`,
    [source],
  );
  await writeCommandAudit(
    client,
    rows.map((grant) => ({
      ...linkOf(grant),
      ...endOf(grant),
      kind: "revoke",
      cause: "expired",
      actor: grant.grantedBy,
      reason: grant.reason,
    })),
  );
}
