import type { Json } from "../domain/json";
import type { ListItem } from "../domain/mapping";

/** A record while its fields are filled in; absent fields are undefined. */
export interface Draft {
  readonly values: Record<string, Json | undefined>;
  readonly lists: Record<string, readonly ListItem[] | undefined>;
  readonly attributes: Record<string, Json | undefined>;
  /** Labels of fields that lost a value by `invalid: drop`, each once. */
  readonly dropped: string[];
}

export type Section = "values" | "lists" | "attributes";

/**
 * Makes drafts for fields of these names. Every name is there from the beginning: engines are quick with objects that are all
 * of one shape, and a field may be called `__proto__` like any other.
 */
export function draftsOf(fields: readonly { readonly section: Section; readonly name: string }[]): () => Draft {
  const blank = (wanted: Section): Record<string, undefined> =>
    Object.fromEntries(fields.flatMap(({ section, name }) => (section === wanted ? [[name, undefined]] : [])));
  const [values, lists, attributes] = [blank("values"), blank("lists"), blank("attributes")];
  return () => ({ values: { ...values }, lists: { ...lists }, attributes: { ...attributes }, dropped: [] });
}

/** How a field is called in reasons and lists of rejects. */
export const labelOf = (section: Section, name: string): string =>
  section === "attributes" ? `attributes.${name}` : name;

export function drop({ dropped }: Draft, label: string): void {
  if (!dropped.includes(label)) dropped.push(label);
}
