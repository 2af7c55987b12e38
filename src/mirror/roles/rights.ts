interface Rights {
  readonly writer: string;
  readonly login: string;
  readonly auditor: string;
  readonly loader: string;
}

const may = (writer: string, login: string, auditor: string, loader = ""): Rights => ({
  writer,
  login,
  auditor,
  loader,
});

/**
 * What each database role may do, one row a table, view, sequence or function of ours. `understudy migrate --roles` gives just
 * this; a test holds every row against what Postgres says, and fails for a thing that has none.
 *
 *     s SELECT   i INSERT   u UPDATE   d DELETE   m MAINTAIN (analyze; PostgreSQL 17 and newer)   g USAGE   x EXECUTE
 *
 * The migrator owns all of it and needs no row. Nobody else may TRUNCATE, make triggers, or alter anything here.
 */
export const RIGHTS: Readonly<Record<string, Rights>> = {
  // Entries and seals are added, never changed.
  "audit.entries": may("sim", "", "s", "i"),
  "audit.entries_id_seq": may("s", "", "s"),
  "audit.seals": may("si", "", "s"),
  "audit.drops": may("s", "", "s"),
  "audit.told_drops": may("s", "", "s"),

  // Whoever answers logins reads none of these: the functions of `login_reader` answer about one person.
  "mirror.users": may("siudm", "", "s", "i"),
  "mirror.users_id_seq": may("g", "", ""),
  "mirror.roles": may("siudm", "", "s", "i"),
  "mirror.roles_id_seq": may("g", "", ""),
  "mirror.permissions": may("siudm", "", "s", "i"),
  "mirror.permissions_id_seq": may("g", "", ""),
  "mirror.orgs": may("siudm", "", "s", "i"),
  "mirror.orgs_id_seq": may("g", "", ""),
  "mirror.user_roles": may("siudm", "", "s", "i"),
  "mirror.user_orgs": may("siudm", "", "s", "i"),
  "mirror.role_permissions": may("siudm", "", "s", "i"),
  "mirror.default_roles": may("siud", "", "s"),
  "mirror.local_grants": may("siud", "", "s"),
  "mirror.local_grants_id_seq": may("", "", ""),
  "mirror.identities": may("s", "", "s"),

  "login.admissions": may("siud", "", ""),
  "login.admissions_id_seq": may("", "", ""),
  "login.api_keys": may("siud", "", ""),
  "login.api_keys_id_seq": may("", "", ""),
  "login.clock": may("siud", "siu", ""),
  "login.failures": may("siud", "", ""),
  "login.issuers": may("siud", "siu", ""),
  "login.last_logins": may("siud", "", ""),
  "login.sessions": may("siud", "", ""),
  "login.sign_in_codes": may("siud", "", ""),
  "login.sign_ins": may("siud", "siud", ""),
  "login.signing_keys": may("siud", "sid", ""),
  "login.upstreams": may("siud", "siu", ""),
  "login.used_tokens": may("siud", "siud", ""),
  "login.verifiers": may("siud", "", ""),

  "sync.absences": may("siud", "", ""),
  "sync.checkpoints": may("siud", "", ""),
  "sync.digests": may("siud", "", ""),
  "sync.held_changes": may("siud", "", "s"),
  "sync.holds": may("siud", "", "s"),
  "sync.last_seal": may("siu", "", "s"),
  "sync.looked_at": may("siud", "", "s"),
  "sync.mappings": may("siud", "", "s"),
  "sync.migration_files": may("s", "s", "s"),
  "sync.migrations": may("", "", ""),
  "sync.migrations_id_seq": may("", "", ""),
  "sync.migrations_lock": may("", "", ""),
  "sync.migrations_lock_index_seq": may("", "", ""),
  "sync.mirror": may("s", "s", "s"),
  "sync.new_holders": may("siud", "", "s"),
  "sync.notices": may("siud", "", ""),
  "sync.pages": may("siud", "", ""),
  "sync.pins": may("siud", "", "s"),
  "sync.pins_id_seq": may("", "", ""),
  "sync.plan_changes": may("siud", "", "s"),
  "sync.plan_mappings": may("siud", "", "s"),
  "sync.plan_stale_records": may("siud", "", "s"),
  "sync.plans": may("siud", "", "s"),
  "sync.raw_records": may("siudm", "", ""),
  "sync.rejects": may("siud", "", "s"),
  "sync.rekeys": may("siud", "", "s"),
  "sync.removals": may("siud", "", "s"),
  "sync.retention": may("su", "", "s"),
  "sync.runs": may("siud", "", "s"),
  "sync.runs_id_seq": may("", "", ""),
  "sync.schedules": may("siud", "", "s"),
  "sync.slots": may("siud", "", "s"),
  "sync.sources": may("siud", "s", "s"),
  "sync.stale_records": may("siud", "", "s"),
  "sync.told_states": may("siud", "", "s"),
  // A delta link is as good as a credential.
  "sync.watermarks": may("siud", "", ""),

  "audit.chain()": may("x", "", "x"),
  "audit.drop_before()": may("x", "", ""),
  "audit.ensure_month()": may("x", "", ""),
  "audit.entries_of()": may("x", "", "x"),
  "audit.erased_in()": may("x", "", ""),
  "audit.guard_parts()": may("x", "", ""),
  "audit.hides_erased_alone()": may("", "", ""),
  "audit.kept_since()": may("x", "", "x"),
  "audit.leaf()": may("x", "", "x"),
  "audit.leaves_of()": may("x", "", "x"),
  "audit.may_be_taken_away()": may("", "", ""),
  "audit.next_head()": may("x", "", "x"),
  "audit.outlived()": may("x", "", ""),
  "audit.parts()": may("x", "", "x"),
  "audit.refuse_change()": may("", "", ""),
  "audit.salt_of()": may("x", "", "x"),
  "audit.seal_content()": may("x", "", "x"),
  "audit.take_away()": may("x", "", ""),
  "audit.told_of_person()": may("x", "", ""),
  "audit.without_salts()": may("", "", ""),
  "mirror.canonical()": may("x", "", "x", "x"),
  "mirror.held_roles()": may("x", "", "x"),
  "mirror.org_path()": may("x", "", "x"),
  "sync.current_key()": may("x", "", "x"),
  "sync.difference()": may("x", "", "x"),
  "sync.empty_stage()": may("x", "", ""),
  "sync.end_dead_run()": may("x", "", ""),
  "sync.is_held()": may("x", "", "x"),
  "sync.key_taken_at()": may("x", "", "x"),
  "sync.keys_of()": may("x", "", "x"),
  "sync.lay_digests()": may("x", "", ""),
  "sync.live_run()": may("x", "", "x"),
  "sync.moment()": may("x", "", "x"),
  "sync.nested()": may("x", "", "x"),
  "sync.patched()": may("x", "", "x"),
  "sync.place()": may("x", "x", "x"),
  "sync.put_digests()": may("x", "", ""),
  "sync.refuse_other_source()": may("", "", ""),
  "sync.rfc3339()": may("x", "", "x"),
  "sync.without_bits()": may("x", "", ""),
};

/**
 * Functions that do for their caller what only the owner may: to make a month of the audit and close it to other sources, to drop one
 * that is old enough, to take away what an erasure has named, and to say where the mirror is.
 */
export const BY_THE_OWNER: readonly string[] = [
  "audit.drop_before()",
  "audit.ensure_month()",
  "audit.guard_parts()",
  "audit.take_away()",
  "sync.place()",
];
