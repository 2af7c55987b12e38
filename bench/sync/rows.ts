import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Client } from "pg";
import { to } from "pg-copy-streams";
import { WrongWork } from "./wrong-work";

/** The tables that a first load writes, and what to call them. */
export const WRITTEN = {
  users: "mirror.users",
  user_roles: "mirror.user_roles",
  entries: "audit.entries",
} as const;

export type WrittenTable = keyof typeof WRITTEN;
export const WRITTEN_TABLES = Object.keys(WRITTEN) as readonly WrittenTable[];

/** The file that holds a table's rows, in COPY's text format. */
export const rowsFile = (folder: string, table: WrittenTable): string => join(folder, `${table}.copy`);

/** A session of its own, for as long as `use` takes. */
export async function withSession<T>(databaseUrl: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** Saves what a first load wrote, so that the same rows can be copied bare. */
export function saveRows(databaseUrl: string, folder: string): Promise<void> {
  return withSession(databaseUrl, async (client) => {
    for (const table of WRITTEN_TABLES) {
      const rows = client.query(to(`copy (select * from ${WRITTEN[table]}) to stdout`));
      await pipeline(rows, createWriteStream(rowsFile(folder, table)));
    }
  });
}

/** What two mirrors of the same upstream must agree in: everything but local ids, times, runs and who did it. */
export interface MirrorState {
  /** Rows and their hash. */
  readonly users: string;
  readonly roles: string;
  readonly userRoles: string;
  /** Entries by entity and kind, with the fields that each tells of. */
  readonly audit: string;
}

const HASH = (row: string): string => `count(*) || ' rows, hash ' || coalesce(sum(hashtextextended(${row}, 0)), 0)`;

/** Columns of a table without those named, as one text. */
const WITHOUT = (columns: readonly string[]): string =>
  `(to_jsonb(t) - array[${columns.map((column) => `'${column}'`).join(", ")}])::text`;

const TIMES_AND_RUNS = ["id", "created_at", "updated_at", "last_run", "tombstoned_at"] as const;

const QUERIES: Readonly<Record<keyof MirrorState, string>> = {
  users: `select ${HASH(`${WITHOUT(TIMES_AND_RUNS)} || (t.tombstoned_at is null)`)} as state from mirror.users t`,
  roles: `select ${HASH(`${WITHOUT(TIMES_AND_RUNS)} || (t.tombstoned_at is null)`)} as state from mirror.roles t`,
  userRoles: `select ${HASH(WITHOUT(["since", "last_run"]))} as state from mirror.user_roles t`,
  audit: `
    select coalesce(string_agg(entity || ' ' || kind || ': ' || state, '; ' order by entity, kind), '') as state
    from (
      select t.entity, t.kind, ${HASH("t.key || t.related || t.origin || coalesce(told.fields, '')")} as state
      from audit.entries t
      cross join lateral (
        select string_agg(name, ',' order by name collate "C") as fields from jsonb_object_keys(t.new) as name
      ) told
      group by t.entity, t.kind
    ) as told`,
};

export function readState(databaseUrl: string): Promise<MirrorState> {
  return withSession(databaseUrl, async (client) => {
    const read = async (name: keyof MirrorState): Promise<string> => {
      const { rows } = await client.query<{ state: string }>(QUERIES[name]);
      return rows[0]?.state ?? "";
    };
    return {
      users: await read("users"),
      roles: await read("roles"),
      userRoles: await read("userRoles"),
      audit: await read("audit"),
    };
  });
}

/** @throws WrongWork, naming in what they differ */
export function refuseDifference(who: string, found: MirrorState, expected: MirrorState): void {
  for (const name of Object.keys(expected) as readonly (keyof MirrorState)[])
    if (found[name] !== expected[name])
      throw new WrongWork(`${who} made other ${name} than the first load:\n  ${found[name]}\n  ${expected[name]}`);
}
