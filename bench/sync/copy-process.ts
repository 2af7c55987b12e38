/**
 * The yardstick for writing: the very rows that a first load wrote, by one COPY a table, into bare tables with the same
 * columns and neither keys nor indexes. `fork(file, [FOLDER])` reads what `saveRows` saved there; DATABASE_URL says where to.
 */
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Client } from "pg";
import { from } from "pg-copy-streams";
import { contend } from "../contend";
import { rowsFile, WRITTEN, WRITTEN_TABLES, type WrittenTable } from "./rows";

/** Milliseconds by table. */
export type CopyOutcome = Readonly<Record<WrittenTable, number>>;

const [folder = ""] = process.argv.slice(2);

async function copyTable(client: Client, table: WrittenTable): Promise<number> {
  const began = performance.now();
  const rows = createReadStream(rowsFile(folder, table), { highWaterMark: 1024 * 1024 });
  await pipeline(rows, client.query(from(`copy yardstick.${table} from stdin`)));
  return performance.now() - began;
}

contend<CopyOutcome>(async ({ databaseUrl, isWarmUp }) => {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query("drop schema if exists yardstick cascade; create schema yardstick");
  for (const table of WRITTEN_TABLES)
    await client.query(`create table yardstick.${table} as select * from ${WRITTEN[table]} with no data`);
  return {
    // There is nothing in this process to be warmed; the server's work is all.
    work: async () =>
      isWarmUp
        ? { users: 0, user_roles: 0, entries: 0 }
        : {
            users: await copyTable(client, "users"),
            user_roles: await copyTable(client, "user_roles"),
            entries: await copyTable(client, "entries"),
          },
    close: () => client.end(),
  };
});
