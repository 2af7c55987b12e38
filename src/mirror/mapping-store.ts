import { type Into, isEntity } from "../domain/entities";
import type { KnownMapping } from "../domain/mapping-version";
import type { Database } from "./database";
import { knownMappings } from "./stage/known-mappings";

/** The mappings that the mirror is kept by. */
export class MappingStore {
  constructor(private readonly database: Database) {}

  known(source: string): Promise<readonly KnownMapping[]> {
    return this.database.withClient((client) => knownMappings({ client, source }));
  }

  /** How many records of an entity the mirror holds; of links none, for they have no key. */
  async live(source: string, into: Into): Promise<number> {
    if (!isEntity(into)) return 0;
    const [row] = await this.database
      .knex(`mirror.${into}`)
      .where({ source })
      .whereNull("tombstoned_at")
      .count<{ count: number }[]>("* as count");
    return Number(row?.count ?? 0);
  }
}
