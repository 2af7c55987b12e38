/** One run of the peer: `fork(file, [SOURCE, RUN])`; DATABASE_URL, which is migrated, and BENCH_URL say where. */
import knex from "knex";
import { contend } from "../contend";
import { type PeerOutcome, syncWithKnex } from "./sync-with-knex";

const [source = "", run = ""] = process.argv.slice(2);

contend<PeerOutcome>(async ({ databaseUrl, upstreamUrl: baseUrl }) => {
  const connection = { connectionString: databaseUrl, options: "-c TimeZone=UTC" };
  const database = knex({ client: "pg", connection });
  await database.raw("select 1");
  return {
    work: () => syncWithKnex({ knex: database, baseUrl, source, run: Number(run) }),
    close: () => database.destroy(),
  };
});
