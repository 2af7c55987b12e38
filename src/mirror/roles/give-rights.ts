import { createHash } from "node:crypto";
import type { ClientBase } from "pg";
import { Failure } from "../../domain/errors";
import { GROUPS, QUEUE_SCHEMA, READER_SCHEMA } from "../role-names";
import { inTransaction } from "../transaction";
import { APART, joiningAgain, keepingApart } from "./keep-apart";
import { READER_FUNCTIONS } from "./reader-functions";
import { BY_THE_OWNER, RIGHTS } from "./rights";

type Role = "writer" | "login" | "auditor" | "loader";
const ROLES: readonly Role[] = ["writer", "login", "auditor", "loader"];

const VERBS: Readonly<Record<string, string>> = {
  s: "select",
  i: "insert",
  u: "update",
  d: "delete",
  m: "maintain",
  g: "usage",
  x: "execute",
};

const SCHEMAS: Readonly<Record<Role, readonly string[]>> = {
  writer: ["mirror", "sync", "audit", "login"],
  login: ["sync", "login", READER_SCHEMA],
  auditor: ["mirror", "sync", "audit"],
  loader: ["mirror", "audit"],
};

/** Of all that roles are given: the database remembers by which build that was. */
const FINGERPRINT = createHash("md5")
  .update(JSON.stringify([RIGHTS, BY_THE_OWNER, SCHEMAS, READER_FUNCTIONS, APART]))
  .digest("hex");

/**
 * Gives the roles what `rights.ts` says, and takes everything else from them, in one transaction. Where that was done already by
 * a build that says the same nothing is done, unless it is to be done `again`.
 *
 * @throws Failure DB013 when a role is missing, or the session is not the migrator's
 */
export async function giveRights(client: ClientBase, { again }: { readonly again: boolean }): Promise<void> {
  if (!again && (await isUpToDate(client))) return;
  await refuseAllButTheMigrator(client);
  await inTransaction(client, async () => {
    const statements = [
      // Postgres refuses two who change the same rights at once.
      "select pg_advisory_xact_lock(hashtext('understudy.roles'))",
      ...revokes(),
      `drop schema if exists ${READER_SCHEMA} cascade`,
      `create schema ${READER_SCHEMA}`,
      ...READER_FUNCTIONS,
      ...(await grants(client)),
      ...(await keepingApart(client)),
      `revoke all on all functions in schema ${READER_SCHEMA} from public`,
      `grant execute on all functions in schema ${READER_SCHEMA} to ${GROUPS.login}`,
      `comment on schema ${READER_SCHEMA} is '${FINGERPRINT}'`,
    ];
    for (const statement of statements) await client.query(statement);
  });
}

/** Whether roles are in use here at all. */
export async function usesRoles(client: ClientBase): Promise<boolean> {
  const { rowCount } = await client.query("select from pg_namespace where nspname = $1", [READER_SCHEMA]);
  return rowCount === 1;
}

/**
 * Once roles are in use no more, sources are kept apart no more either.
 *
 * @throws Failure DB013 when the session is not the migrator's
 */
export async function takeBackRoles(client: ClientBase): Promise<void> {
  const statements = await joiningAgain(client);
  if (statements.length === 0) return;
  await refuseAllButTheMigrator(client);
  await inTransaction(client, async () => {
    for (const statement of statements) await client.query(statement);
  });
}

async function isUpToDate(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ told: string | null }>(
    "select obj_description(oid, 'pg_namespace') as told from pg_namespace where nspname = $1",
    [READER_SCHEMA],
  );
  return rows[0]?.told === FINGERPRINT;
}

/**
 * Others would own what they make, and the migrator could not change it.
 *
 * @throws Failure DB013
 */
export async function refuseAllButTheMigrator(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ me: string; missing: string[] | null; strange: string[] | null }>(
    `select current_user as me,
            (select array_agg(name order by name) from unnest($1::text[]) as name
             where not exists (select from pg_roles where rolname = name and (rolbypassrls or name <> $4))) as missing,
            (select array_agg(nspname::text order by 1) from pg_namespace
             where nspname = any ($2) and pg_get_userbyid(nspowner) <> $3) as strange`,
    [Object.values(GROUPS), [...SCHEMAS.writer, QUEUE_SCHEMA, READER_SCHEMA], GROUPS.migrator, GROUPS.loader],
  );
  const { me, missing = null, strange = null } = rows[0] ?? {};
  const prepare = "run deploy/roles.sql in this database as a superuser: see docs/how-to/separate-database-roles.md";
  if (missing !== null)
    throw new Failure("DB013", `there is no role ${missing.join(", ")}; nothing was done`, { fix: prepare });
  if (strange !== null)
    throw new Failure("DB013", `${strange.join(", ")} do not belong to ${GROUPS.migrator}; nothing was done`, {
      fix: prepare,
    });
  if (me !== GROUPS.migrator)
    throw new Failure(
      "DB013",
      `\`${me}\` may neither migrate this database nor say what its roles may do; nothing was done`,
      {
        fix: `run \`understudy migrate\` with a login that acts as ${GROUPS.migrator}`,
      },
    );
}

/** All that an earlier build may have granted. */
const revokes = (): readonly string[] =>
  SCHEMAS.writer.flatMap((schema) =>
    ["tables", "sequences", "functions"].map(
      (things) =>
        `revoke all on all ${things} in schema ${schema} from ${[...ROLES.map((role) => GROUPS[role]), ...(things === "functions" ? ["public"] : [])].join(", ")}`,
    ),
  );

async function grants(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; kind: string; written: string; maintains: boolean }>(`
    select n.nspname || '.' || c.relname as name, case c.relkind when 'S' then 'sequence' else 'table' end as kind,
           c.oid::regclass::text as written, current_setting('server_version_num')::int >= 170000 as maintains
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'S') and not c.relispartition
    union all
    select n.nspname || '.' || p.proname || '()', 'routine', p.oid::regprocedure::text, false
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace`);
  const statements = ROLES.flatMap((role) =>
    SCHEMAS[role].map((schema) => `grant usage on schema ${schema} to ${GROUPS[role]}`),
  );
  for (const { name, kind, written, maintains } of rows) {
    const rights = RIGHTS[name];
    if (rights === undefined) continue;
    for (const role of ROLES) {
      const verbs = [...rights[role]].filter((letter) => letter !== "m" || maintains).map((letter) => VERBS[letter]);
      if (verbs.length > 0) statements.push(`grant ${verbs.join(", ")} on ${kind} ${written} to ${GROUPS[role]}`);
    }
    if (BY_THE_OWNER.includes(name))
      statements.push(`alter routine ${written} security definer set search_path = pg_catalog, pg_temp`);
  }
  // Months are read one by one, also those to come, which `audit.ensure_month` makes as the migrator.
  const months = await client.query<{ written: string }>(
    "select inhrelid::regclass::text as written from pg_inherits where inhparent = 'audit.entries'::regclass",
  );
  const maintain = rows.some(({ maintains }) => maintains) ? ", maintain" : "";
  for (const [verbs, role] of [
    [`select${maintain}`, GROUPS.writer],
    ["select", GROUPS.auditor],
  ])
    statements.push(
      ...months.rows.map(({ written }) => `grant ${verbs} on table ${written} to ${role}`),
      `alter default privileges in schema audit grant ${verbs} on tables to ${role}`,
    );
  return [...statements, ...(await queueGrants(client))];
}

/** BullMQ makes a sequence for each queue when it needs one, which is then its maker's. */
async function queueGrants(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ written: string; kind: string }>(
    `select oid::regclass::text as written, case relkind when 'S' then 'sequence' else 'table' end as kind from pg_class
     where relnamespace = to_regnamespace($1) and relkind in ('r', 'p', 'v', 'S') and relowner = current_user::regrole`,
    [QUEUE_SCHEMA],
  );
  if (rows.length === 0) return [];
  return [
    `grant usage, create on schema ${QUEUE_SCHEMA} to ${GROUPS.writer}`,
    `grant execute on all functions in schema ${QUEUE_SCHEMA} to ${GROUPS.writer}`,
    ...rows.map(
      ({ written, kind }) =>
        `grant ${kind === "table" ? "select, insert, update, delete" : "usage, select, update"} on ${kind} ${written} to ${GROUPS.writer}`,
    ),
  ];
}
