import type { ClientBase } from "pg";
import type { LocalGrant } from "../domain/local-access";
import { expireGrants, GRANT, linkOf } from "./expire-grants";
import { writeCommandAudit } from "./write-command-audit";

interface Ending {
  readonly cause: "retired" | "administrator";
  readonly by: string;
  readonly reason: string | null;
}

/**
 * Ends all that was given here to somebody who leaves for good, but for what ended by itself before; the audit has told already of what
 * was without effect.
 *
 * @param of `user` null for everybody of the source
 */
export async function endGrants(
  client: ClientBase,
  of: { readonly source: string; readonly user: string | null },
  { cause, by: actor, reason }: Ending,
): Promise<void> {
  await expireGrants(client, of.source);
  const { rows } = await client.query<LocalGrant>(
    `with ended as (
       update mirror.local_grants set ended_at = now(), ended_by = $3, end_reason = $4
       where source = $1 and ($2::text is null or user_key = $2) and ended_at is null returning *
     )
     select ${GRANT} from ended where effective order by id`,
    [of.source, of.user, actor, reason],
  );
  await writeCommandAudit(
    client,
    rows.map((grant) => ({ ...linkOf(grant), kind: "revoke", cause, actor, reason })),
  );
}
