import type { JsonObject } from "../../domain/json";
import type { Mapped } from "../../domain/mapping";
import type { CompiledMapping } from "../compile-mapping";

/** Variants of a mapping that one record is mapped by, each compiled when it is first needed. */
export class CompiledVariants<K> {
  readonly #compiled = new Map<K, CompiledMapping>();

  /** @param compile makes the variant, unless it was made before */
  async map(
    variant: K,
    compile: () => CompiledMapping | Promise<CompiledMapping>,
    { record, parent }: { readonly record: unknown; readonly parent: JsonObject | null },
  ): Promise<Mapped> {
    const compiled = this.#compiled.get(variant) ?? (await compile());
    this.#compiled.set(variant, compiled);
    const [mapped] = await compiled.mapPage([record], parent);
    if (mapped === undefined) throw new Error("a record without a result");
    return mapped;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#compiled.values()].map((compiled) => compiled.close()));
  }
}
