import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { parse } from "yaml";
import jobSchema from "../../../schemas/job.schema.json";
import mappingSchema from "../../../schemas/mapping.schema.json";
import { checkJobShape, checkMappingShape } from "../../../src/config/check-shape";
import { JOB_CODES, MAPPING_CODES } from "../../../src/config/yaml/entry";
import { parseYaml } from "../../../src/config/yaml/parse-yaml";
import type { Problem } from "../../../src/domain/errors";
import { blocks, documentsOfGoodExamples, ROOT } from "../../support/documents";

const IN_DOCUMENTS = documentsOfGoodExamples().flatMap(({ text }) => blocks(text, "yaml"));
const inDocuments = (folder: string) => IN_DOCUMENTS.filter((text) => text.startsWith(`# ${folder}/`));
const file = (path: string) => readFileSync(join(ROOT, path), "utf8");

const KINDS = {
  job: {
    samples: [file("jobs/acme.yaml"), file("bench/home/jobs/bench.yaml"), ...inDocuments("jobs")],
    // As an editor does: a schema, and no words of ours.
    accepts: new Ajv({ strict: false, logger: false }).compile(jobSchema),
    check: checkJobShape,
    codes: JOB_CODES,
  },
  mapping: {
    samples: [file("mappings/acme/users.yaml"), file("mappings/acme/orgs.yaml"), ...inDocuments("mappings")],
    accepts: new Ajv({ strict: false, logger: false }).compile(mappingSchema),
    check: checkMappingShape,
    codes: MAPPING_CODES,
  },
};

/** Every file that differs from a good one in one place: a value of another kind, a word gone or mistyped. */
function* spoilt(value: unknown): Generator<unknown> {
  for (const other of [null, 5, -0.5, true, "", "x y", [], [[]], {}, { x: 1 }]) yield other;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) for (const bad of spoilt(item)) yield value.with(index, bad);
  } else if (typeof value === "object" && value !== null) {
    for (const [word, inner] of Object.entries(value)) {
      const { [word]: _, ...others } = value as Record<string, unknown>;
      yield others;
      yield { ...others, [`${word}x`]: inner };
      for (const bad of spoilt(inner)) yield { ...value, [word]: bad };
    }
  }
}

describe.each(Object.entries(KINDS))(
  "an editor and the loader, with a %s file",
  (_, { samples, accepts, check, codes }) => {
    const told = (text: string): readonly Problem[] => {
      const problems: Problem[] = [];
      const root = parseYaml("a.yaml", text, codes, problems);
      if (root !== null) check(root);
      return problems;
    };

    test("accept the same good ones", () => {
      expect(samples.length).toBeGreaterThan(2);
      for (const sample of samples) expect([accepts(parse(sample)), told(sample)]).toEqual([true, []]);
    });

    test("refuse the same bad ones, the loader in its own words", () => {
      for (const sample of samples.slice(0, 1)) {
        for (const bad of spoilt(parse(sample))) {
          const text = JSON.stringify(bad);
          const problems = told(text);
          if (accepts(bad) !== (problems.length === 0)) throw new Error(`only one of them accepts ${text}`);
          for (const { message } of problems)
            expect(message).not.toMatch(/must (NOT|match|be equal)|schema|\bobject\b|\barray\b/);
        }
      }
    });
  },
);
