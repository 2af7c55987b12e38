import type { PoolClient } from "pg";
import { Failure } from "../../domain/errors";
import type { GrantRequest, LocalGrant } from "../../domain/local-access";
import { quoted } from "../../domain/quoted";
import type { Database } from "../database";
import { expireGrants, GRANT, linkOf } from "../expire-grants";
import { writeCommandAudit } from "../write-command-audit";
import { ANSWERING, type AnsweringRow, refuseSilent } from "./answering";
import { refusePast } from "./refuse-past";

/** One that is over ends at its own moment, whenever that is written down. */
const STANDS = "ended_at is null and (expires_at is null or expires_at > now())";

/** Roles given here, by the command line and the API; each with its audit entry in the same transaction. */
export class GrantStore {
  constructor(private readonly database: Database) {}

  /** Those that stand, the newest first; with `all` also those that ended. */
  async list(filter: { source: string; user: string | null; all: boolean }): Promise<readonly LocalGrant[]> {
    return this.database.withClient(async (client) => {
      const { rows } = await client.query<LocalGrant>(
        `select ${GRANT} from mirror.local_grants
         where source = $1 and ($2::text is null or user_key = $2) and ($3 or (${STANDS}))
         order by id desc`,
        [filter.source, filter.user, filter.all],
      );
      return rows;
    });
  }

  /**
   * @throws Failure USE003 for a person, role or org that is not there, USE004 for a role that is granted already or would end
   *   before it begins, USE005 while the source answers no questions
   */
  async grant({ source, user, role, org, until, by, reason }: GrantRequest): Promise<LocalGrant> {
    return this.database.transaction(async (client) => {
      const { rows: known } = await client.query<AnsweringRow>(ANSWERING.text, [source]);
      refuseSilent(source, known[0]);
      await refusePast(client, until, "the role");
      await refuseMissing(client, source, "users", user);
      await refuseMissing(client, source, "roles", role);
      if (org !== null) await refuseMissing(client, source, "orgs", org);
      await expireGrants(client, source);
      const { rows } = await client.query<LocalGrant>(
        `insert into mirror.local_grants (source, user_key, role_key, org_key, granted_at, granted_by, reason, expires_at)
         values ($1, $2, $3, $4, now(), $5, $6, $7)
         on conflict (source, user_key, role_key, org_key) where ended_at is null do nothing
         returning ${GRANT}`,
        [source, user, role, org ?? "", by, reason, until],
      );
      const [granted] = rows;
      if (granted === undefined)
        throw new Failure("USE004", `\`${user}\` holds \`${role}\` by a grant of ours already; nothing was done`, {
          fix: `see it: understudy grant list --source ${source} --user ${quoted(user)}; end it: understudy grant revoke`,
        });
      await writeCommandAudit(client, [{ ...linkOf(granted), kind: "grant", cause: "local", actor: by, reason }]);
      return granted;
    });
  }

  /** @throws Failure USE003 for a grant that is not there, or ended already */
  async revoke(request: { source: string; id: number; by: string; reason: string | null }): Promise<LocalGrant> {
    const { source, id, by, reason } = request;
    return this.database.transaction(async (client) => {
      const { rows } = await client.query<LocalGrant & { effective: boolean }>(
        `update mirror.local_grants set ended_at = now(), ended_by = $3, end_reason = $4
         where source = $1 and id = $2 and ${STANDS} returning ${GRANT}, effective`,
        [source, id, by, reason],
      );
      const [ended] = rows;
      if (ended === undefined)
        throw new Failure("USE003", `\`${source}\` has no grant ${id} that stands`, {
          fix: `see those that do: understudy grant list --source ${source}`,
        });
      const { effective, ...grant } = ended;
      // Of one without effect the audit has told already.
      if (effective)
        await writeCommandAudit(client, [{ ...linkOf(grant), kind: "revoke", cause: "local", actor: by, reason }]);
      return grant;
    });
  }

  /** Grants count no longer than they say; this tells the audit so. */
  async expire(): Promise<void> {
    await this.database.transaction((client) => expireGrants(client, null));
  }
}

/** Locked, so that a run that removes it now sees this grant, or this grant sees that it is gone. */
async function refuseMissing(
  client: PoolClient,
  source: string,
  entity: "users" | "roles" | "orgs",
  key: string,
): Promise<void> {
  const { rowCount } = await client.query(
    `select from mirror.${entity} where source = $1 and key = $2 and tombstoned_at is null for share`,
    [source, key],
  );
  if (rowCount === 1) return;
  const what = { users: "nobody", roles: "no role", orgs: "no organization" }[entity];
  throw new Failure("USE003", `the mirror of \`${source}\` holds ${what} with the key \`${key}\``, {
    fix:
      entity === "users"
        ? `read this person now: understudy sync ${source} --user ${quoted(key)}`
        : "give the key, not the name",
  });
}
