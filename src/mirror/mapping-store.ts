import type { Into } from "../domain/entities";
import type { KnownMapping } from "../domain/mapping-version";
import type { Database } from "./database";
import { countLive, knownMappings } from "./stage/known-mappings";

/** The mappings that the mirror is kept by. */
export class MappingStore {
  constructor(private readonly database: Database) {}

  known(source: string): Promise<readonly KnownMapping[]> {
    return this.database.withClient((client) => knownMappings({ client, source }));
  }

  live(source: string, into: Into): Promise<number> {
    return this.database.withClient((client) => countLive({ client, source }, into));
  }
}
