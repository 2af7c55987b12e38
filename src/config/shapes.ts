import Ajv, { type Options, type ValidateFunction } from "ajv";
import jobSchema from "../../schemas/job.schema.json";
import mappingSchema from "../../schemas/mapping.schema.json";

/** Words of a job file under which stands nothing that a login takes. */
export const OF_RUNS: readonly string[] = ["schedule", "safeguard", "notify", "keepRaw", "defaults", "entities"];

const { definitions, properties } = jobSchema;

/** By what is checked, the published schema of it, or what that says of a part. */
export const SHAPES = {
  job: jobSchema,
  schedule: { definitions, $ref: "#/definitions/schedule" },
  notify: { definitions, $ref: "#/definitions/notify" },
  login: {
    ...jobSchema,
    $id: `${jobSchema.$id}:login`,
    required: ["source"],
    properties: { ...properties, ...Object.fromEntries(OF_RUNS.map((word) => [word, true])) },
  },
  mapping: mappingSchema,
};

type Shape = keyof typeof SHAPES;

/** Takes half of the time to compile: tests see that our schemas are schemas, and each is applied to few files. */
const QUICK: Options = { meta: false, validateSchema: false, messages: false, inlineRefs: false };

/** @param source whether the code of its checks is wanted, too, as by what builds the command (`bin/bundle.js`) */
export const openAjv = (source: boolean): Ajv =>
  new Ajv({
    allErrors: true,
    verbose: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    schemas: SHAPES,
    keywords: ["x-understudy", "markdownDescription", "enumDescriptions", "defaultSnippets"],
    ...QUICK,
    code: { optimize: false, source },
  });

let ajv: Ajv | null = null;

/**
 * The check of a shape, compiled on first use: most commands read job files and mappings, but `--help` none. The command as it
 * is built has the code of all of them in place of this.
 */
export function validatorOf(shape: Shape): ValidateFunction {
  ajv ??= openAjv(false);
  return ajv.getSchema(shape) as ValidateFunction;
}
