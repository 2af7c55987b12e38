import type { DoctorCheck } from "../domain/answers";
import { Failure } from "../domain/errors";
import { moment } from "../domain/moment";
import type { Database } from "./database";
import { asDatabaseFailure, readOnly } from "./database-failure";
import { pendingMigrations } from "./migrate";
import { seeSameMirror } from "./same-mirror";
import { settledByWrongClock } from "./settle-slots";
import { SourceStore } from "./source-store";

/** More than this between the database's clock and ours makes times in audit rows and schedules disagree. */
const CLOCK_TOLERANCE_MS = 2_000;

/**
 * A standby, and a server whose administrator or full disk made it read-only, answer every question; but nothing can be done there.
 *
 * @throws Failure DB010
 */
async function seeWritable({ knex, where }: Pick<Database, "knex" | "where">): Promise<void> {
  const { rows } = await knex.raw<{ rows: { transaction_read_only: string }[] }>("show transaction_read_only");
  if (rows[0]?.transaction_read_only === "on") throw readOnly(where);
}

/** @throws Failure as `seeWritable` and `seeSameMirror` do */
export async function seeMirror(database: Pick<Database, "knex" | "where">): Promise<void> {
  const { knex, where } = database;
  await seeWritable(database);
  const id = await new SourceStore(knex).mirrorId().catch((error: unknown) => {
    throw asDatabaseFailure(error, where);
  });
  seeSameMirror(database, id);
}

/**
 * For `doctor`: which database is used, whether its schema is up to date, and whether its clock is ours, and was right. Never throws a
 * `Failure`: what is broken is the answer.
 *
 * @param sources those that have a job file
 */
export async function checkDatabase(
  open: () => Promise<Database>,
  migrations: string,
  sources: readonly string[],
): Promise<readonly DoctorCheck[]> {
  try {
    return await lookAt(await open(), migrations, sources);
  } catch (error) {
    const failure = asDatabaseFailure(error);
    if (!(failure instanceof Failure)) throw failure;
    return [{ name: "database", state: "error", message: failure.message, fix: failure.fix }];
  }
}

async function lookAt(
  database: Database,
  migrations: string,
  sources: readonly string[],
): Promise<readonly DoctorCheck[]> {
  const kind = database.kind === "embedded" ? " (DATABASE_URL is not set)" : "";
  await seeWritable(database);
  const pending = await pendingMigrations(database, { directory: migrations });
  const asked = Date.now();
  const { rows } = await database.knex.raw<{ rows: { now: string }[] }>("select clock_timestamp() as now");
  const answered = Date.now();
  const skew = Math.round(new Date(rows[0]?.now ?? 0).getTime() - (asked + answered) / 2);
  return [
    {
      name: "database",
      state: "ok",
      message: `PostgreSQL ${database.serverVersion}, ${database.where}${kind}`,
      fix: null,
    },
    pending.length === 0
      ? { name: "schema", state: "ok", message: "up to date", fix: null }
      : {
          name: "schema",
          state: "warning",
          message: `${pending.length} migrations wait: ${pending.join(", ")}`,
          fix: "migrate it: understudy migrate, or the next command that needs the database",
        },
    Math.abs(skew) <= CLOCK_TOLERANCE_MS
      ? { name: "clock", state: "ok", message: `${Math.abs(skew)} ms from the database's`, fix: null }
      : {
          name: "clock",
          state: "warning",
          message: `this machine's clock is ${Math.abs(skew)} ms ${skew > 0 ? "behind" : "ahead of"} the database's`,
          fix: "synchronize both clocks (NTP)",
        },
    // Whoever answers logins may not read them.
    ...(pending.length === 0 && !database.isLoginReader ? await checkSlots(database, sources) : []),
  ];
}

/** Only while there is something to say. Of a source without a job file no scheduler decides anything. */
async function checkSlots({ knex }: Database, sources: readonly string[]): Promise<readonly DoctorCheck[]> {
  const { rows } = await knex.raw<{ rows: { source: string; until: string }[] }>(
    `select source, settled_until as until from sync.schedules
     where source = any(?::text[]) and ${settledByWrongClock("clock_timestamp()")} order by source`,
    [[...sources]],
  );
  return rows.map(({ source, until }) => ({
    name: "slots",
    state: "warning",
    message: `those of ${source} are decided until ${moment(until)}, by a clock that was set back since`,
    fix: "a scheduler decides them anew: understudy up",
  }));
}
