import type { ClientBase } from "pg";
import { READ_TABLES } from "./stage-tables";

/** From so many rows on the planner must know of them. */
const MANY = 1_000;
/** The same of tables whose rows nobody counted, in bytes. */
const LARGE = 32 * 1024;

interface Session {
  readonly client: ClientBase;
}

/**
 * Which tables of a stage may hold anything, so that steps without work are left out (in most runs most tables are empty); and how
 * much was written into them, for the planner.
 */
export class StageContents {
  #filled: ReadonlySet<string> = new Set(READ_TABLES);
  #hasChanges = false;
  readonly #written = new Map<string, number>();

  /** Looks at what was read; until then any table may hold something. */
  async look({ client }: Session): Promise<void> {
    const looks = READ_TABLES.map(
      (table) =>
        `select '${table}' as name, exists (select from ${table}) as "isFilled", pg_relation_size('${table}') as size`,
    );
    const { rows: tables } = await client.query<{ name: string; isFilled: boolean; size: number }>(
      looks.join(" union all "),
    );
    const filled = tables.filter(({ isFilled }) => isFilled);
    this.#filled = new Set(filled.map(({ name }) => name));
    const large = filled.filter(({ size }) => size >= LARGE).map(({ name }) => name);
    if (large.length > 0) await client.query(`analyze ${large.join(", ")}`);
  }

  /** False where a table was empty when the reading ended. */
  mayHold(table: string): boolean {
    return this.#filled.has(table);
  }

  /** A step has written into it what was not read so. */
  nowHolds(table: string): void {
    this.#filled = new Set([...this.#filled, table]);
  }

  /** Whether there ever was a change. */
  get hasChanges(): boolean {
    return this.#hasChanges;
  }

  /** Writes rows into a table. @returns how many */
  async write(
    { client }: Session,
    table: "changes" | "liveness",
    sql: string,
    parameters: readonly unknown[] = [],
  ): Promise<number> {
    const wrote = (await client.query(sql, [...parameters])).rowCount ?? 0;
    this.#written.set(table, (this.#written.get(table) ?? 0) + wrote);
    if (table === "changes" && wrote > 0) this.#hasChanges = true;
    return wrote;
  }

  /** Tells the planner of what was written into a table since it was told last, if that is much. */
  async analyze({ client }: Session, table: "changes" | "liveness"): Promise<void> {
    if ((this.#written.get(table) ?? 0) < MANY) return;
    this.#written.set(table, 0);
    await client.query(`analyze ${table}`);
  }
}
