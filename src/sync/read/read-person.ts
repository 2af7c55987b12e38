import { Failure } from "../../domain/errors";
import type { Stream } from "../../domain/job";
import { parseAll } from "../../domain/page-records";
import { foldPage } from "./fold-page";
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
  const read = newRead(stream);
  context.tell({ type: "stream", stream: stream.name, state: "started" });
  for await (const record of candidates(key, stream, context)) {
    const [mapped] = await context.mapperOf(stream).mapPage([record], null);
    if (mapped === undefined || mapped.outcome === "link") continue;
    if (mapped.key !== key) {
      if (stream.one === null) continue;
      throw new Failure("UPS020", `asked for the person \`${key}\`, but the upstream returned a different one`, {
        fix: "check `one:` and `key:` of the users: the key must be what `{key}` asks for",
      });
    }
    const origin = { stream, page: 1, parent: null, keep: context.keepRaw, mask: context.maskOf(stream) };
    await context.stage.add(foldPage(origin, [record], [mapped]));
    read.received = 1;
    read.pages = 1;
    break;
  }
  context.tell({ type: "stream", stream: stream.name, state: "finished", fetched: read.received });
  if (read.received === 0)
    throw new Failure("UPS021", `the upstream has no user with the key \`${key}\``, {
      fix: "nothing was changed; if the person left, the next complete run removes the account",
    });
  return read;
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

async function* candidates(
  key: string,
  stream: Stream,
  { upstream, run, signal }: ReadContext,
): AsyncIterable<unknown> {
  if (stream.one !== null) {
    const answer = await upstream.one({ stream, key, run, signal });
    if (answer.found) yield answer.record;
    return;
  }
  for await (const page of upstream.pages({ stream, parent: null, run, signal })) {
    yield* parseAll(page.records);
    signal.throwIfAborted();
  }
}
