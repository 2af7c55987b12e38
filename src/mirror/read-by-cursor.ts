import type { ClientBase, QueryResultRow } from "pg";

/** Gives the rows of a query some at a time, so that never more of them are in memory. Within a transaction, one query after the other. */
export async function* readByCursor<R extends QueryResultRow>(
  client: ClientBase,
  query: string,
  parameters: readonly unknown[],
  batch: number,
): AsyncGenerator<readonly R[]> {
  await client.query(`declare some_rows no scroll cursor for ${query}`, [...parameters]);
  for (let isMore = true; isMore; ) {
    const { rows } = await client.query<R>(`fetch ${batch} from some_rows`);
    if (rows.length > 0) yield rows;
    isMore = rows.length === batch;
  }
  await client.query("close some_rows");
}
