import { FIELDS, type Into, type LinkKind } from "../domain/entities";
import type { Json } from "../domain/json";
import type { FieldRule, Source } from "../domain/mapping";
import { COERCIONS, isPresent, textOf } from "./coerce";
import type { FusedSource } from "./compiler/fuse";
import { type Draft, drop, labelOf, type Section } from "./draft";
import type { ExpressionTable, TableEntry } from "./expression-table";
import { type ItemShape, itemShapeOf, listItems } from "./list-items";
import { Misfit, misfitOf } from "./misfit";

/** A field's rule, compiled. */
export interface CompiledField {
  readonly section: Section;
  readonly name: string;
  readonly rule: FieldRule;
  /** The links a list becomes. */
  readonly links: LinkKind | null;
  /** As reasons call it. */
  readonly label: string;
  readonly sources: readonly CompiledSource[];
  /** Puts what the sources gave into the draft; nothing when none is present. Throws a `Misfit` unless the rule drops it. */
  store(found: unknown, draft: Draft): void;
  /** The same for sources that could not be worked out. */
  refuse(misfit: Misfit, draft: Draft): void;
}

export type CompiledSource =
  | { readonly kind: "expression"; readonly entry: TableEntry }
  | { readonly kind: "join"; readonly parts: readonly TableEntry[]; readonly with: string };

export function compileField(rule: FieldRule, into: Into | "attributes", table: ExpressionTable): CompiledField {
  const spec = into === "attributes" ? undefined : FIELDS[into].find((field) => field.name === rule.name);
  const shape = spec === undefined ? null : itemShapeOf(spec);
  const scalars = into === "attributes" ? "attributes" : "values";
  const section = shape === null ? scalars : "lists";
  const label = labelOf(section, rule.name);
  const put = shape === null ? putValue(rule, scalars) : putList(rule, shape, label);
  const refuse = (misfit: Misfit, draft: Draft): void => {
    // Of a list only items are dropped: an empty list would take everything from its holder.
    if (rule.invalid === "reject" || shape !== null) throw misfit;
    drop(draft, label);
  };
  return {
    section,
    name: rule.name,
    rule,
    links: shape?.links ?? null,
    label,
    sources: rule.from.map((source) => compileSource(source, table)),
    store(found, draft) {
      try {
        put(isPresent(found) ? found : undefined, draft);
      } catch (error) {
        refuse(misfitOf(error), draft);
      }
    },
    refuse,
  };
}

function compileSource(source: Source, table: ExpressionTable): CompiledSource {
  if (source.kind === "expression") return { kind: "expression", entry: table.add(source.expression.text) };
  return { kind: "join", parts: source.parts.map((part) => table.add(part.text)), with: source.with };
}

/** A source as a part of the fused function. */
export function fusedSource(source: CompiledSource): FusedSource {
  if (source.kind === "expression") return fusedEntry(source.entry);
  return { kind: "join", parts: source.parts.map(fusedEntry), with: source.with };
}

const fusedEntry = ({ code, index }: TableEntry): FusedSource =>
  code === null ? { kind: "given", index } : { kind: "expression", code };

/** Stores what the sources gave; undefined when none of them is present. */
type Put = (found: unknown, draft: Draft) => void;

function putValue(rule: FieldRule, section: "values" | "attributes"): Put {
  return (found, draft) => {
    const translated = Array.isArray(found) ? found.map((item) => translate(rule, item)) : translate(rule, found);
    const value = isPresent(translated) ? translated : (rule.default ?? (rule.type === "list" ? [] : undefined));
    if (value !== undefined) draft[section][rule.name] = COERCIONS[rule.type](value);
  };
}

function putList(rule: FieldRule, shape: ItemShape, label: string): Put {
  return (found, draft) => {
    draft.lists[rule.name] = listItems(found ?? rule.default, shape, {
      translate: (item) => (found === undefined ? item : translate(rule, item)),
      onMisfit: (misfit) => {
        if (rule.invalid === "reject") throw misfit;
        drop(draft, label);
      },
    });
  };
}

/** A value through the rule's `map`. Absence is not looked up: that is what `default` is for. */
function translate({ map }: FieldRule, value: unknown): unknown {
  if (map === null || value === undefined || value === null) return value;
  const name = textOf(value);
  const found: Json | undefined = Object.hasOwn(map.entries, name) ? map.entries[name] : map.fallback;
  if (found === undefined) throw new Misfit("MAP024", "has a value that is not in its `map`, which has no `_`");
  return found;
}
