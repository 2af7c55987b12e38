import type { MigrateAnswer } from "../domain/answers";
import { migrate } from "../mirror/migrate";
import { giveRights, refuseAllButTheMigrator, usesRoles } from "../mirror/roles/give-rights";
import { openQueueStore } from "../schedule/open-run-queue";
import type { Adapters } from "./open/adapters";

/**
 * Brings the schema up to date. Where roles are separate, the queue's tables are made here too, since the roles that
 * use them may not make any.
 */
export async function migrateDatabase(
  { environment, migrations, log, connect, refuseEnvironment }: Adapters,
  { roles: asked }: { readonly roles: boolean },
): Promise<MigrateAnswer> {
  refuseEnvironment();
  const opened = await connect();
  try {
    if (asked) await opened.withClient(refuseAllButTheMigrator);
    const done = await migrate(opened, { directory: migrations });
    const roles = asked || (await opened.withClient(usesRoles));
    if (roles) {
      const { redisUrl } = environment.settings;
      if (redisUrl === null) await (await openQueueStore({ redisUrl, postgres: opened.poolConfig, log })).close();
      await opened.withClient((client) => giveRights(client, { again: true }));
    }
    return { ...done, roles };
  } finally {
    await opened.close();
  }
}
