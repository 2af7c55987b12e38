import type { Stream } from "../domain/job";
import { type CompiledMapping, compileMapping } from "../mapping/compile-mapping";

/** A stream's mapping with its `deletes`, as every run works it. */
export const compileStream = ({ mapping, deletes }: Stream): CompiledMapping =>
  compileMapping(mapping, { deletes: deletes.expression?.text ?? null });
