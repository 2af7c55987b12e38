import { readFile, realpath, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { appendTest, testText } from "../../config/yaml/append-test";
import { Failure } from "../../domain/errors";
import { attributeLabel } from "../../domain/field-label";
import type { Job, Stream } from "../../domain/job";
import { isJsonObject, type Json } from "../../domain/json";
import type { MappingTest } from "../../domain/mapping";
import type { RecordAnswer, RecordRequest } from "../../domain/recorded-test";
import { makeTest } from "../../mapping/pseudonyms/make-test";
import type { Given } from "../../mapping/pseudonyms/pseudonymise";
import { expressionsOf } from "../../mapping/source-expressions";
import { partsOf } from "../../mapping/trace/trace-parts";
import { compileWithLimits, traceOptionsOf } from "../compile-stream";
import type { Jobs } from "../jobs";
import type { Adapters } from "../open/adapters";
import { howToKeep } from "./how-to-keep";
import { type Lacking, lackingParts, notDecided, refuseUndecided } from "./kept-without";
import { streamOf } from "./known-entity";
import { recordOf } from "./live-records";

type Found = Given & Pick<RecordAnswer, "from" | "run" | "at">;

/** Tests of mappings, made of real records. */
export function createRecordings({ home, stores, openUpstream }: Adapters, jobs: Jobs) {
  async function keptRecord(job: Job, { name, each }: Stream, key: string): Promise<Found> {
    const { kept } = await stores();
    const found = await kept.read(job.source, name, key);
    if (found !== null && each !== null && found.parent === null)
      throw new Failure("KEP002", `the parent of this record of \`${job.source}/${name}\` is not kept`, {
        fix: `read it: understudy sync ${job.source}`,
      });
    if (found !== null) return { ...found, from: "kept" };
    const summary = await kept.summary(job.source);
    const there = summary.find(({ stream }) => stream === name);
    if (there !== undefined)
      throw new Failure(
        "KEP002",
        `among the ${there.records} kept records of \`${job.source}/${name}\` none has the key \`${key}\``,
        {
          fix: "keys are compared to the letter; name another entity with --entity, or ask the upstream with --live",
        },
      );
    throw new Failure("KEP001", `no records of \`${job.source}/${name}\` are kept`, {
      fix: `${howToKeep(job)}; or ask the upstream with --live`,
    });
  }

  async function liveRecord(job: Job, stream: Stream, { key, signal }: RecordRequest): Promise<Found> {
    const { record, parent } = await recordOf(key, stream, { job, openUpstream, signal });
    if (isJsonObject(record)) return { record, parent, from: "live", run: null, at: null };
    throw new Failure("KEP002", `what the upstream has under this key in \`${stream.name}\` is no JSON object`, {
      fix: "check `one:` of the job",
    });
  }

  return {
    /** @throws Failure KEP001 to KEP004, USE003, UPS…; `InvalidFiles` */
    async record(request: RecordRequest): Promise<RecordAnswer> {
      const { source, entity, key, live, write } = request;
      const job = await jobs.load(source, { variables: live ? "required" : "may-be-unset" });
      const stream = streamOf(job, entity);
      const { from, run, at, ...given } = await (live
        ? liveRecord(job, stream, request)
        : keptRecord(job, stream, key));
      const lacking = live ? [] : await lackingParts((await stores()).kept, source, stream);
      const [of, fix] = [`${source}/${entity}`, "ask the upstream with --live"];
      refuseUndecided(lacking, of, fix);
      const mapper = await compileWithLimits(stream);
      try {
        const made = await makeTest(
          given,
          {
            mapping: stream.mapping,
            ofJob: decidedByJob(stream),
            shapes: { record: stream.shape, parent: stream.parentShape },
          },
          async (one) => {
            const [mapped] = await mapper.mapPage([one.record], one.parent);
            if (mapped === undefined) throw new Error("a record without a result");
            return mapped;
          },
        );
        // A field that is not required may still insist on what it reads.
        const insisting = lacking.find(({ label }) => label === made.rejects);
        if (insisting !== undefined) throw notDecided(insisting, of, fix);
        const test = withOwnName(withoutExpecting(made, lacking), stream.mapping.tests);
        const { file } = stream.mapping;
        const line = write ? await addTo(home, file, test) : null;
        return { source, entity, file, from, run, at, test, text: testText(test), line };
      } finally {
        await mapper.close();
      }
    },
  };
}

const decidedByJob = (stream: Stream) =>
  partsOf(stream.mapping, traceOptionsOf(stream))
    .filter(({ label }) => label === "removed" || label === "deletes")
    .flatMap(({ sources }) => sources.flatMap(expressionsOf));

type MadeTest = RecordAnswer["test"];

/** What fields would be of the real record nobody knows that is kept without what they read. */
function withoutExpecting(test: MadeTest, lacking: readonly Lacking[]): MadeTest {
  const { attributes, ...expect } = test.expect ?? {};
  if (test.expect === undefined || lacking.length === 0) return test;
  const isKnown = (label: string): boolean => lacking.every((part) => part.label !== label);
  const known = Object.entries(expect).filter(([name]) => isKnown(name));
  const ofAttributes = Object.entries(attributes ?? {}).filter(([name]) => isKnown(attributeLabel(name)));
  const kept = ofAttributes.length === 0 ? [] : [["attributes", Object.fromEntries(ofAttributes)] as const];
  return { ...test, expect: Object.fromEntries<Json>([...known, ...kept]) };
}

/** Names of tests tell them apart. */
function withOwnName(test: MadeTest, others: readonly MappingTest[]): MadeTest {
  const isTaken = (name: string): boolean => others.some(({ it }) => it === name);
  let it = test.it;
  for (let number = 2; isTaken(it); number += 1) it = `${test.it}, ${number}`;
  return { ...test, it };
}

/** Whole or not at all: anybody who reads the file meanwhile finds it as it was. */
async function addTo(home: string, file: string, test: MadeTest): Promise<number> {
  const path = await realpath(join(home, file));
  const { text, line } = appendTest(file, await readFile(path, "utf8"), test);
  const beside = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(beside, text, { mode: (await stat(path)).mode });
    await rename(beside, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure("KEP004", `a test cannot be added to ${file}: it cannot be written (${code})`, {
      fix: "print it with --print",
      cause: error,
    });
  }
  return line;
}
