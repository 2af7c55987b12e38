import type { ClientBase, QueryResultRow } from "pg";
import type { EntityName } from "../../domain/entities";
import type { StreamRename } from "../../domain/mapping-version";
import type { Secret } from "../../domain/secret";
import type { Before } from "./count-before";
import type { LandedEntities, UntoldRecords } from "./land/landed";
import type { StageContents } from "./stage-contents";

/** Seals hashes of passwords, each for one person of one source: nobody gets in with the row of another, or with the database alone. */
interface PasswordSeal {
  seal(person: SealedFor, hash: Secret): SealedPassword;
  /** The same hash for the same person under another key; null where the secret that it was sealed with is not there. */
  sealAnew(sealed: string, from: SealedFor, to: SealedFor): string | null;
}

interface SealedFor {
  readonly source: string;
  readonly key: string;
}

interface SealedPassword {
  readonly sealed: string;
  /** Keyed, the same for the same hash, no matter which person it is sealed for. */
  readonly digest: Buffer;
}

/** What every step of a stage works with: one database session, which finds the stage's tables by their names alone. */
export interface StageContext {
  readonly client: ClientBase;
  readonly run: number;
  readonly source: string;
  readonly fence: number;
  readonly contents: StageContents;
  /** What the mirror held before this run wrote anything. */
  readonly before: () => Promise<Before>;
  /** What this run has landed until now. */
  readonly landed: LandedEntities;
  readonly untold: ReadonlyMap<EntityName, UntoldRecords>;
  /** Of a run that writes nothing: streams whose links the mirror still knows by the name from before. */
  readonly supposedRenames: StreamRename[];
  /** Asked for with the first password; null where what is read of passwords goes nowhere. */
  readonly passwordSeal: (() => Promise<PasswordSeal>) | null;
}

/** Runs one statement of a step; parameters are numbered from `$1`. */
export async function rowsOf<R extends QueryResultRow>(
  { client }: Pick<StageContext, "client">,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<readonly R[]> {
  return (await client.query<R>(sql, [...parameters])).rows;
}

/** The first column of the first row as a number; a sum may be `numeric`, which arrives as text. */
export async function numberOf(
  context: Pick<StageContext, "client">,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<number> {
  const [row] = await rowsOf<Record<string, unknown>>(context, sql, parameters);
  return Number(Object.values(row ?? {})[0] ?? 0);
}

/** How many rows a statement wrote. */
export async function affected(
  { client }: Pick<StageContext, "client">,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<number> {
  return (await client.query(sql, [...parameters])).rowCount ?? 0;
}
