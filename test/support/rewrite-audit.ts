import type { Database } from "../../src/mirror/database";

/** Changes what the audit tells, as somebody can who may do everything in the database. */
export async function rewriteAudit(database: Database, query: string): Promise<void> {
  await database.withClient((client) =>
    client.query(`set session_replication_role = replica; ${query}; reset session_replication_role`),
  );
}
