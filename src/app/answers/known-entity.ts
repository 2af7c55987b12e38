import { Failure } from "../../domain/errors";
import type { Job, Stream } from "../../domain/job";
import { suggestion } from "../../domain/suggest";

/** @throws Failure USE003 */
export function streamOf({ source, streams }: Pick<Job, "source" | "streams">, entity: string): Stream {
  const found = streams.find(({ name }) => name === entity);
  if (found !== undefined) return found;
  throw noSuchEntity(
    source,
    entity,
    streams.map(({ name }) => name),
  );
}

/** What may be asked about: a stream, or what one or several of them are read into. @throws Failure USE003 */
export function refuseUnknownEntity({ source, streams }: Pick<Job, "source" | "streams">, entity: string): void {
  const names = [...new Set(streams.flatMap(({ name, into }) => [name, into]))];
  if (!names.includes(entity)) throw noSuchEntity(source, entity, names);
}

const noSuchEntity = (source: string, entity: string, names: readonly string[]): Failure =>
  new Failure("USE003", `\`${source}\` has no entity \`${entity}\``, {
    fix: suggestion(entity, names, null) ?? `it has: ${names.join(", ")}`,
  });
