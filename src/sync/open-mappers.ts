import type { Stream } from "../domain/job";
import type { Mapper } from "./ports";

/** One mapper a stream. */
export interface Mappers {
  readonly mapperOf: (stream: Pick<Stream, "name">) => Mapper;
  /** Does not wait for an expression that takes its time. */
  readonly close: () => Promise<void>;
}

export function openMappers(streams: readonly Stream[], compile: (stream: Stream) => Mapper): Mappers {
  const mappers = new Map(streams.map((stream) => [stream.name, compile(stream)] as const));
  return {
    mapperOf({ name }) {
      const mapper = mappers.get(name);
      if (mapper === undefined) throw new Error(`no mapper for the stream ${name}`);
      return mapper;
    },
    async close() {
      await Promise.all([...mappers.values()].map((mapper) => mapper.close()));
    },
  };
}
