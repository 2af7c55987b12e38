/** G28: what a column says of people is decided about when it is made, or an erasure would leave it behind. */
import { OF_OTHERS, TEXTS, TRACES } from "../../src/mirror/erase/traces";
import { createTestDatabase } from "../support/test-database";

/** Of every other table why none of these columns says anything of a person; one that is added has to be decided about. */
const KEPT: Readonly<Record<string, readonly [columns: string, because: string]>> = {
  "audit.entries": [
    "id at run source entity key related scope origin kind old new cause actor reason owner",
    "theirs go by `eraseEntries`",
  ],
  "audit.drops": ["entry before ids", "ids of entries that are gone"],
  "audit.told_drops": ["entry before ids holds is_to_come", "a view"],
  "audit.seals": ["number sealed_at last_entry leaves salts head", "salts of theirs are blanked by `eraseEntries`"],
  "login.api_keys": [
    "id name hash sources scopes created_at created_by valid_until revoked_at revoked_by used_at",
    "of applications",
  ],
  "login.clock": ["only_one seen_at", "a time"],
  "login.issuers": ["source issuer metadata keys fetched_at", "of a provider"],
  "login.sign_ins": [
    "state source nonce verifier return_to app_state app_challenge browser expires_at",
    "nobody is known yet; minutes old",
  ],
  "login.signing_keys": ["kid public sealed signs_from", "ours"],
  "login.upstreams": ["source open_since probed_at closed_at drill_until read_anew_at", "times"],
  "login.used_tokens": ["source token expires_at", "a hash of chance, until the token is over"],
  "mirror.default_roles": ["source role_key", "of everybody"],
  "mirror.identities": [
    "source key id username status email display_name as_of roles permissions organizations",
    "a view",
  ],
  "mirror.orgs": [
    "id source key name parent kind status attributes version created_at updated_at last_run tombstoned_at",
    "counted as `named`",
  ],
  "mirror.permissions": [
    "id source key name description resource action attributes version created_at updated_at last_run tombstoned_at",
    "counted as `named`",
  ],
  "mirror.role_permissions": [
    "source role_key permission_key origin owner_key effective since last_run",
    "roles alone",
  ],
  "mirror.roles": [
    "id source key name description kind privileged attributes version created_at updated_at last_run tombstoned_at",
    "counted as `named`",
  ],
  "sync.digests": ["source entity chunk fingerprint packed", "theirs is taken away by `put_digests`"],
  "sync.last_seal": ["is_last number head", "hashes"],
  "sync.looked_at": ["source files run at actor", "of files"],
  "sync.mappings": ["source stream entity run at actor fingerprint key_fingerprint key last_run", "of files"],
  "sync.migration_files": ["name sha256 finished", "ours"],
  "sync.migrations": ["id name batch migration_time", "ours"],
  "sync.migrations_lock": ["index is_locked", "ours"],
  "sync.mirror": ["id", "chance"],
  "sync.new_holders": ["source role run at count", "counts"],
  "sync.plan_changes": [
    "source plan entity key related scope origin owner kind cause effective held version old new released",
    "go with their plan",
  ],
  "sync.plan_mappings": ["source plan stream entity fingerprint key_fingerprint key", "go with their plan"],
  "sync.plan_stale_records": ["source plan stream key", "go with their plan"],
  "sync.retention": ["only_one seen_at steady_since pruned_at", "times"],
  "sync.removals": ["source entity run at count", "counts"],
  "sync.schedules": ["source settled_until schedule", "of files"],
  "sync.sources": [
    "source fence holder_run holder holder_pid holder_session_started lease_until first_complete_at last_complete_at retired_at",
    "of processes",
  ],
  "sync.told_states": ["source state since", "of the source"],
  "sync.watermarks": [
    "source stream fingerprint value run full_at",
    "a time, or a link of the customer's system to what changed",
  ],
  // Of these some columns are looked through, and the others say:
  "sync.holds": [
    "run source hash count state evidence held_at decided_at decided_by reason expires_at",
    "counts, and a hash of many",
  ],
  "sync.notices": ["id source target message state made_at due_at attempts ended_at problem", "times"],
  "sync.runs": [
    "id source mode state options trigger queued_at started_at finished_at outcome exit_code report stop_requested_at told_by",
    "times",
  ],
  "sync.slots": [
    "source slot state run due_at attempts crashes begun_at decided_at covered_by note created_at",
    "times",
  ],
};

test("of every column of every table it is decided whether it goes", async () => {
  const { database, drop } = await createTestDatabase();
  const { rows: tables } = await database.knex.raw<{ rows: { table: string; columns: string }[] }>(
    `select table_schema || '.' || table_name as table, string_agg(column_name, ' ' order by ordinal_position) as columns
     from information_schema.columns
     where table_schema not in ('pg_catalog', 'information_schema') and table_name !~ '^entries_\\d' group by 1 order by 1`,
  );
  await drop();
  const whole = new Set(TRACES.map(({ table }) => table));
  const undecided = tables.filter(({ table, columns }) => !whole.has(table) && KEPT[table]?.[0] !== columns);
  expect(undecided).toEqual([]);
  const known = tables.map(({ table }) => table);
  for (const table of [...Object.keys(KEPT), ...[...TRACES, ...TEXTS, ...OF_OTHERS].map((one) => one.table)])
    expect(known).toContain(table);
});
