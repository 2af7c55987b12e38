import { FIELDS, type Into, type LinkKind } from "../domain/entities";
import type { Json } from "../domain/json";
import type { FieldRule, ListItem, Source } from "../domain/mapping";
import type { MappedPassword } from "../domain/passwords";
import { COERCIONS, isPresent, textOf } from "./coerce";
import type { FusedSource } from "./compiler/fuse";
import { drop, labelOf, type Section } from "./draft";
import type { ExpressionTable, TableEntry } from "./expression-table";
import { type ItemShape, itemShapeOf, listItems } from "./list-items";
import { Misfit, misfitOf } from "./misfit";
import { settlePassword } from "./settle-password";

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
  /**
   * What is stored of what the sources gave, which may be the misfit of a source that could not be worked out; undefined when
   * nothing is present. What does not fit is thrown as a `Refusal`, or noted in `dropped` where the rule says so.
   */
  settle(found: unknown, dropped: string[]): Settled;
}

/** A value, the items of a list that becomes links, a password, or nothing. */
type Settled = Json | readonly ListItem[] | MappedPassword | undefined;

/** A field's misfit, on its way out of the record. */
export class Refusal {
  constructor(
    readonly label: string,
    readonly misfit: Misfit,
  ) {}
}

export type CompiledSource =
  | { readonly kind: "expression"; readonly entry: TableEntry }
  | { readonly kind: "join"; readonly parts: readonly TableEntry[]; readonly with: string };

export function compileField(rule: FieldRule, into: Into | "attributes", table: ExpressionTable): CompiledField {
  const spec = into === "attributes" ? undefined : FIELDS[into].find((field) => field.name === rule.name);
  const shape = spec === undefined ? null : itemShapeOf(spec);
  const scalars = into === "attributes" ? "attributes" : rule.type === "password" ? "passwords" : "values";
  const section = shape === null ? scalars : "lists";
  const label = labelOf(section, rule.name);
  const storedOf = shape === null ? scalarOf(rule) : itemsOf(rule, shape, label);
  const sources = rule.from.map((source) => compileSource(source, table));
  if (section === "passwords")
    return {
      section,
      name: rule.name,
      rule,
      links: null,
      label,
      sources,
      settle: (found) => settlePassword(rule, isPresent(found) ? found : undefined),
    };
  return {
    section,
    name: rule.name,
    rule,
    links: shape?.links ?? null,
    label,
    sources,
    settle(found, dropped) {
      try {
        if (found instanceof Misfit) throw found;
        return storedOf(isPresent(found) ? found : undefined, dropped);
      } catch (error) {
        const misfit = misfitOf(error);
        // Of a list only items are dropped: an empty list would take everything from its holder.
        if (rule.invalid === "reject" || shape !== null) throw new Refusal(label, misfit);
        drop(dropped, label);
        return undefined;
      }
    },
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

/** What is stored of what the sources gave; undefined when none of them is present. Throws a `Misfit`. */
type StoredOf = (found: unknown, dropped: string[]) => Settled;

function scalarOf(rule: FieldRule): StoredOf {
  const coerce = COERCIONS[rule.type];
  const absent = rule.default ?? (rule.type === "list" ? [] : undefined);
  const stored = (value: unknown): Settled => (value === undefined ? undefined : coerce(value));
  if (rule.map === null) return (found) => stored(found ?? absent);
  const translate = translatorOf(rule);
  return (found) => {
    const translated = Array.isArray(found) ? found.map(translate) : translate(found);
    return stored(isPresent(translated) ? translated : absent);
  };
}

function itemsOf(rule: FieldRule, shape: ItemShape, label: string): StoredOf {
  const translate = translatorOf(rule);
  return (found, dropped) =>
    listItems(found ?? rule.default, shape, {
      // A default is written as it is to be.
      translate: found === undefined ? asIs : translate,
      onMisfit: rule.invalid === "reject" ? refuse : () => drop(dropped, label),
    });
}

const refuse = (misfit: Misfit): never => {
  throw misfit;
};

const asIs = (value: unknown): unknown => value;

/** Takes a value through the rule's `map`. Absence is not looked up: that is what `default` is for. */
function translatorOf({ map }: FieldRule): (value: unknown) => unknown {
  if (map === null) return asIs;
  const entries = new Map(Object.entries(map.entries));
  return (value) => {
    if (value === undefined || value === null) return value;
    const entry = entries.get(textOf(value));
    const found = entry === undefined ? map.fallback : entry;
    if (found === undefined) throw new Misfit("MAP024", "has a value that is not in its `map`, which has no `_`");
    return found;
  };
}
