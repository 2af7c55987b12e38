import { Failure } from "../domain/errors";
import type { Database } from "./database";
import { noSchema } from "./database-failure";

/** The id that the mirror of a database had when it was first asked for. */
const BEGAN_WITH = new WeakMap<object, string>();

/**
 * A database that is being restored answers questions too, and so does another mirror's: whose key it does not know would be told
 * that the key is no good, and what is written would be the other's.
 *
 * @param id of the mirror that is there now, asked for together with what is believed of it; null or empty when there is none
 * @throws Failure DB014 when it is not the one that was there at first
 */
export function seeSameMirror(database: Pick<Database, "where">, id: string | null): void {
  const { where } = database;
  if (id === null || id === "") throw noSchema(where);
  const first = BEGAN_WITH.get(database) ?? id;
  if (id !== first)
    throw new Failure("DB014", `${where}: it is another mirror than when this process began`, {
      fix: "if that is meant, restart this process",
    });
  BEGAN_WITH.set(database, id);
}
