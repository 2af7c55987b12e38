/**
 * The yardstick: the very rows of the mirror, by one COPY a table, into bare tables with the same columns.
 * `node copy-rows.js FOLDER TABLE…` reads FOLDER/TABLE.copy, as `saveRows` wrote it; DATABASE_URL says where.
 */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Client } from "pg";
import { from } from "pg-copy-streams";

async function copyRows(folder: string, tables: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  try {
    await client.query("DROP SCHEMA IF EXISTS yardstick CASCADE; CREATE SCHEMA yardstick");
    for (const table of tables) {
      await client.query(`CREATE TABLE yardstick.${table} AS SELECT * FROM mirror.${table} WITH NO DATA`);
      const rows = createReadStream(join(folder, `${table}.copy`));
      await pipeline(rows, client.query(from(`COPY yardstick.${table} FROM STDIN`)));
    }
  } finally {
    await client.end();
  }
}

const [folder = ".", ...tables] = process.argv.slice(2);
copyRows(folder, tables).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
