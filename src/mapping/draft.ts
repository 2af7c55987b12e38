import { attributeLabel } from "../domain/field-label";
import type { Json } from "../domain/json";
import type { ListItem } from "../domain/mapping";
import type { MappedPassword } from "../domain/passwords";

/** A record while its fields are filled in; absent fields are undefined. */
export interface Draft {
  readonly values: Record<string, Json | undefined>;
  readonly lists: Record<string, readonly ListItem[] | undefined>;
  readonly attributes: Record<string, Json | undefined>;
  /** Only where the mapping has such a field. */
  readonly passwords?: Record<string, MappedPassword | undefined>;
  /** Labels of fields that lost a value by `invalid: drop`, each once. */
  readonly dropped: string[];
}

export type Section = "values" | "lists" | "attributes" | "passwords";

/** How a field is called in reasons and lists of rejects. */
export const labelOf = (section: Section, name: string): string =>
  section === "attributes" ? attributeLabel(name) : name;

export function drop(dropped: string[], label: string): void {
  if (!dropped.includes(label)) dropped.push(label);
}
