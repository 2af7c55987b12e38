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

/** How a field is called in reasons and lists of rejects. */
export const labelOf = (section: Section, name: string): string =>
  section === "attributes" ? `attributes.${name}` : name;

export function drop(dropped: string[], label: string): void {
  if (!dropped.includes(label)) dropped.push(label);
}
