import { Failure } from "../../domain/errors";
import type { Stream } from "../../domain/job";
import { foldPage } from "./fold-page";
import { findRecord } from "./read-one";
import { newRead, type ReadContext, type StreamRead } from "./stream-read";

/**
 * Reads one person through `one:`, or, where the job has none, by reading the list and keeping that one record. Nobody else is
 * staged, so nobody else can be touched. A person who is gone upstream is not removed here: a single read is one witness, and
 * the next complete run is the other.
 */
export async function readPerson(key: string, streams: readonly Stream[], context: ReadContext): Promise<StreamRead> {
  const stream = streams[0];
  if (stream === undefined)
    throw new Failure(
      "USE003",
      `\`${context.job.source}\` has no stream into \`users\`, so no person can be synced alone`,
      {
        fix: "sync the whole source, or describe its users in the job file",
      },
    );
  if (stream.each !== null && (stream.one === null || readsParent(stream)))
    throw new Failure(
      "USE003",
      `${stream.name} are read below each of \`${stream.each}\`${stream.one === null ? "" : ", whose records their mapping reads"}, so no person can be synced alone`,
      { fix: `nothing was read; read all of them: understudy sync ${context.job.source} --only ${stream.name}` },
    );
  const { upstream, run, signal } = context;
  context.tell({ type: "stream", stream: stream.name, state: "started" });
  const found = await findRecord(stream, key, { upstream, mapper: context.mapperOf(stream), run, signal });
  if (found !== null && found.key === null)
    throw new Failure(
      "UPS016",
      `asked for the person \`${key}\`, the upstream answered with a record whose key cannot be read`,
      { fix: "check `one.records`, the place of the record in the answer, and `key:` of the users" },
    );
  if (found !== null && found.key !== key)
    throw new Failure("UPS020", `asked for the person \`${key}\`, but the upstream returned a different one`, {
      fix: "check `one:` and `key:` of the users: the key must be what `{key}` asks for",
    });
  if (found !== null) {
    const origin = { stream, page: 1, parent: null, keep: context.keepRaw, mask: context.maskOf(stream) };
    await context.stage.add(foldPage(origin, [found.record], [found.mapped]));
  }
  context.tell({ type: "stream", stream: stream.name, state: "finished", fetched: found === null ? 0 : 1 });
  if (found === null)
    throw new Failure("UPS021", `the upstream has no user with the key \`${key}\``, {
      fix: "nothing was changed; if the person left, the next complete run removes the account",
    });
  return newRead(stream, { received: 1, pages: 1 });
}

/** Whether the record of a parent says anything of a person: what it says would look gone where nobody asks for it. */
function readsParent({ mapping: { key, skip, let: lets, fields, attributes }, deletes }: Stream): boolean {
  const sources = [...fields, ...attributes].flatMap(({ from }) => from);
  const expressions = [
    ...[key, skip, deletes.expression].filter((expression) => expression !== null),
    ...lets.map(({ expression }) => expression),
    ...sources.flatMap((source) => (source.kind === "join" ? source.parts : [source.expression])),
  ];
  return expressions.some(({ text }) => /\$parent\b/.test(text));
}
