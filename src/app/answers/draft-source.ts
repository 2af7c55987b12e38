import { draftSource, type TrialMapping } from "../../config/draft/draft-source";
import { placeDocument, refuseExisting, writeDraft } from "../../config/draft/place-draft";
import type { DraftedTest } from "../../config/draft/write-mapping";
import { FIELDS, LINK_ENDS } from "../../domain/entities";
import { Failure } from "../../domain/errors";
import type { InitAnswer, InitRequest } from "../../domain/init";
import type { Json, JsonObject } from "../../domain/json";
import { LOCAL_SOURCE } from "../../domain/login";
import type { Mapped } from "../../domain/mapping";
import { compileMapping } from "../../mapping/compile-mapping";
import type { Jobs } from "../jobs";

/** Drafts a source from an OpenAPI document: its files are written, each mapping with a test that holds, and checked. */
export async function initSource(
  request: InitRequest,
  { home, schemas, jobs }: { readonly home: string; readonly schemas: string; readonly jobs: Jobs },
): Promise<InitAnswer> {
  const { source, force, dryRun } = request;
  if (!/^[a-z][a-z0-9_-]{0,62}$/.test(source)) {
    throw new Failure(
      "INI001",
      "the name of a source is made of lower-case letters, digits, `-` and `_`, a letter first",
      {
        fix: "choose another name, such as `acme`",
      },
    );
  }
  if (source === LOCAL_SOURCE)
    throw new Failure("INI001", `\`${source}\` is the source of local administrators, and not one to read`, {
      fix: "choose another name, such as `acme`",
    });
  const placed = await placeDocument(home, request);
  const draft = draftSource(placed.document, placed.openapi, request);
  const remarks = [...draft.remarks];
  if (placed.isOutside) {
    const text =
      "the document lies outside the folder worked in, with files of its own: they must be there wherever it goes";
    remarks.push({ about: "openapi", sureness: "guess", text });
  }
  const files = [{ path: `jobs/${source}.yaml`, content: draft.job }];
  for (const mapping of draft.mappings) {
    const test = await testOf(mapping);
    if (test === null) {
      const text = "no example could be made up that this mapping takes: write a test of your own";
      remarks.push({ about: `${mapping.name}.tests`, sureness: "guess", text });
    }
    files.push({ path: `mappings/${source}/${mapping.name}.yaml`, content: mapping.write(test) });
  }
  if (!force && !dryRun)
    await refuseExisting(home, [...files.map(({ path }) => path), ...(placed.copy === null ? [] : [placed.copy.file])]);
  if (!dryRun) await writeDraft(home, files, placed.copy, { force, schemas });
  const { problems } = dryRun ? { problems: [] } : await jobs.inspect({ variables: "may-be-unset" });
  const isOurs = (file: string) => file === `jobs/${source}.yaml` || file.startsWith(`mappings/${source}/`);
  return {
    source,
    openapi: placed.openapi,
    files,
    written: !dryRun,
    streams: draft.streams,
    remarks,
    variables: draft.variables,
    problems: problems.filter(({ file }) => isOurs(file)),
  };
}

/** The first example that the mapper of a run takes, with what it makes of it. */
async function testOf({ spec, examples }: TrialMapping): Promise<DraftedTest | null> {
  const mapper = compileMapping(spec, { deletes: null });
  try {
    for (const { given, parent } of examples) {
      const [mapped] = await mapper.mapPage([given], parent);
      const expect = mapped === undefined ? null : expectationOf(mapped);
      if (expect !== null) return { given, parent, expect };
    }
    return null;
  } finally {
    await mapper.close();
  }
}

/** What a test may expect: all that came of a record, in the short form. */
function expectationOf(mapped: Mapped): JsonObject | null {
  if (mapped.outcome === "link") {
    const { left, right } = LINK_ENDS[mapped.links];
    const nameOf = (end: string) => FIELDS[mapped.links].find(({ refers }) => refers === end)?.name ?? end;
    return { [nameOf(left)]: mapped.left, [nameOf(right)]: mapped.right };
  }
  if (mapped.outcome !== "record") return null;
  const present = Object.entries(mapped.values).filter(([, value]) => value !== null);
  const lists = mapped.lists.map(({ field, items }): [string, Json] => [field, items.map(({ key }) => key)]);
  const { attributes } = mapped;
  return {
    key: mapped.key,
    ...Object.fromEntries([...present, ...lists]),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
  };
}
