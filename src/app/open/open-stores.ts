import type { Settings } from "../../config/read-settings";
import { ApiKeyStore } from "../../mirror/api/api-key-store";
import { SessionStore } from "../../mirror/api/session-store";
import { SignInCodeStore } from "../../mirror/api/sign-in-code-store";
import { SigningKeyStore } from "../../mirror/api/signing-key-store";
import { AuditDiff } from "../../mirror/audit-diff";
import { AuditExport } from "../../mirror/audit-export";
import { AuditStore } from "../../mirror/audit-store";
import type { Database } from "../../mirror/database";
import { EraseStore } from "../../mirror/erase/erase-store";
import { HoldStore } from "../../mirror/hold-store";
import { IdentityStore } from "../../mirror/identity-store";
import { KeptRecordStore } from "../../mirror/kept-record-store";
import { MappingStore } from "../../mirror/mapping-store";
import { NoticeStore } from "../../mirror/notice-store";
import { PlanStore } from "../../mirror/plan-store";
import { RejectStore } from "../../mirror/reject-store";
import { RetentionStore } from "../../mirror/retention/retention-store";
import { RetireStore } from "../../mirror/retire-store";
import { RunStore } from "../../mirror/run-store";
import { SealStore } from "../../mirror/seal-store";
import { SlotStore } from "../../mirror/slot-store";
import { SourceStore } from "../../mirror/source-store";
import { ValueHistory } from "../../mirror/value-history";

/** The stores of the mirror; those of logins are in `login-stores.ts`. */
export function openStores(database: Database, { kept }: Pick<Settings, "kept">) {
  const { knex } = database;
  return {
    runs: new RunStore(knex),
    slots: new SlotStore(database),
    holds: new HoldStore(knex),
    mappings: new MappingStore(database),
    history: new ValueHistory(knex),
    plans: new PlanStore(knex),
    identities: new IdentityStore(knex),
    audit: new AuditStore(knex),
    auditDiff: new AuditDiff(knex),
    auditExport: new AuditExport(database),
    seals: new SealStore(database),
    sources: new SourceStore(knex),
    rejects: new RejectStore(knex),
    retire: new RetireStore(database),
    retention: new RetentionStore(database, kept),
    erasures: new EraseStore(database),
    kept: new KeptRecordStore(knex),
    notices: new NoticeStore(database),
    apiKeys: new ApiKeyStore(database),
    sessions: new SessionStore(database),
    signInCodes: new SignInCodeStore(database),
    signingKeys: new SigningKeyStore(database),
  };
}

export type Stores = ReturnType<typeof openStores>;
