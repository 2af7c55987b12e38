import type { PoolClient } from "pg";
import { Failure } from "../../domain/errors";

/** By the clock of the database. @param what would end @throws Failure USE004 */
export async function refusePast(client: PoolClient, until: string | null, what: string): Promise<void> {
  const { rows } = await client.query<{ isPast: boolean | null }>('select $1::timestamptz <= now() as "isPast"', [
    until,
  ]);
  if (rows[0]?.isPast !== true) return;
  throw new Failure("USE004", `${until} is past: ${what} would end before it begins; nothing was done`, {
    fix: "give a moment to come with --until",
  });
}
