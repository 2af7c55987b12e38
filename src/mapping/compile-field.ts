import { FIELDS, type Into, type LinkKind } from "../domain/entities";
import type { Json } from "../domain/json";
import type { FieldRule, Source } from "../domain/mapping";
import { COERCIONS, isPresent, textOf } from "./coerce";
import { type Draft, labelOf, type Section } from "./draft";
import { compileExpression, type Lets, type Scope, whenThere } from "./expression";
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
  /**
   * Puts the field's value into the draft, at once or by the promise given; nothing when it is absent.
   * Throws a `Misfit` unless the rule drops it.
   */
  fill(scope: Scope, draft: Draft): void | Promise<void>;
}

/** Gives a source's value or a promise of it. */
type ReadSource = (scope: Scope) => unknown;

/** Stores what the sources gave; undefined when none of them is present. */
type Store = (found: unknown, draft: Draft) => void;

export function compileField(rule: FieldRule, into: Into | "attributes", lets: Lets): CompiledField {
  const spec = into === "attributes" ? undefined : FIELDS[into].find((field) => field.name === rule.name);
  const shape = spec === undefined ? null : itemShapeOf(spec);
  const scalars = into === "attributes" ? "attributes" : "values";
  const section = shape === null ? scalars : "lists";
  const label = labelOf(section, rule.name);
  const sources = rule.from.map((source) => compileSource(source, lets));
  const store = shape === null ? storeValue(rule, scalars) : storeList(rule, shape, label);
  const dropOrThrow = (error: unknown, draft: Draft): void => {
    const misfit = misfitOf(error);
    // Of a list only items are dropped: an empty list would take everything from its holder.
    if (rule.invalid === "reject" || shape !== null) throw misfit;
    draft.dropped.add(label);
  };
  return {
    section,
    name: rule.name,
    rule,
    links: shape?.links ?? null,
    label,
    fill(scope, draft) {
      try {
        const stored = whenThere(firstPresent(sources, scope), (found) => store(found, draft));
        return stored?.catch((error: unknown) => dropOrThrow(error, draft));
      } catch (error) {
        return dropOrThrow(error, draft);
      }
    },
  };
}

function compileSource(source: Source, lets: Lets): ReadSource {
  if (source.kind === "expression") {
    const expression = compileExpression(source.expression.text, lets);
    return (scope) => expression.evaluate(scope);
  }
  const parts = source.parts.map((part) => compileExpression(part.text, lets));
  const join = (values: readonly unknown[]): string => values.filter(isPresent).map(textOf).join(source.with);
  return (scope) => {
    const values = parts.map((part) => part.evaluate(scope));
    return values.some((value) => value instanceof Promise) ? Promise.all(values).then(join) : join(values);
  };
}

/** The value or a promise of it; sources behind the first present one are not read. */
function firstPresent(sources: readonly ReadSource[], scope: Scope, from = 0): unknown {
  const source = sources[from];
  if (source === undefined) return undefined;
  return whenThere(source(scope), (value) => (isPresent(value) ? value : firstPresent(sources, scope, from + 1)));
}

function storeValue(rule: FieldRule, section: "values" | "attributes"): Store {
  return (found, draft) => {
    const translated = Array.isArray(found) ? found.map((item) => translate(rule, item)) : translate(rule, found);
    const value = isPresent(translated) ? translated : (rule.default ?? (rule.type === "list" ? [] : undefined));
    if (value !== undefined) draft[section][rule.name] = COERCIONS[rule.type](value);
  };
}

function storeList(rule: FieldRule, shape: ItemShape, label: string): Store {
  return (found, draft) => {
    draft.lists[rule.name] = listItems(found ?? rule.default, shape, {
      translate: (item) => (found === undefined ? item : translate(rule, item)),
      onMisfit: (misfit) => {
        if (rule.invalid === "reject") throw misfit;
        draft.dropped.add(label);
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
