import type { KeyVersion, KnownMapping, MappingVersion, StreamRename } from "../../domain/mapping-version";

/** The version that the stream's target was kept by until now: an entity has one stream, whatever that is called. */
export const knownFor = (known: readonly KnownMapping[], { stream, into, key }: MappingVersion): KnownMapping | null =>
  known.find((other) => other.into === into && (key !== null || other.stream === stream)) ?? null;

/** Whether the mirror was kept by another version until now. A mapping that is new changes nothing that was there. */
export const isEdited = (before: KnownMapping | null, version: MappingVersion): boolean =>
  before !== null && before.fingerprint !== version.fingerprint;

/** Streams of records that the job calls otherwise than the mirror knows them. */
export const renamedStreams = (
  known: readonly KnownMapping[],
  versions: readonly MappingVersion[],
): readonly StreamRename[] =>
  versions.flatMap((version) => {
    const from = version.key === null ? undefined : knownFor(known, version)?.stream;
    return from === undefined || from === version.stream ? [] : [{ from, to: version.stream }];
  });

/** "`$id` with `let id: uid`" */
export const keyText = ({ text, let: lets }: KeyVersion): string =>
  `\`${text}\`${lets.length === 0 ? "" : ` with ${lets.map((one) => `\`${one.name}: ${one.text}\``).join(", ")}`}`;
