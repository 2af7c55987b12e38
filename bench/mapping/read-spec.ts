import { loadProject } from "../../src/config/load-project";
import type { MappingSpec } from "../../src/domain/mapping";

/** The bench's mapping of 14 fields, by the loader that every run uses. */
export async function readSpec(home: string): Promise<MappingSpec> {
  const { streams, problems } = await loadProject({ home, env: {}, requireEnv: false, only: "directory" });
  const broken = problems.find(({ severity }) => severity === "error");
  const [stream] = streams;
  if (stream === undefined || broken !== undefined)
    throw new Error(`the bench's mapping cannot be read: ${broken?.message}`);
  return stream.mapping;
}
