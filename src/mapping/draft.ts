import type { Json } from "../domain/json";
import type { ListItem } from "../domain/mapping";

/** A record while its fields are filled in; absent fields are not there. */
export interface Draft {
  readonly values: Record<string, Json>;
  readonly lists: Record<string, readonly ListItem[]>;
  readonly attributes: Record<string, Json>;
  /** Labels of fields that lost a value by `invalid: drop`. */
  readonly dropped: Set<string>;
}

export type Section = "values" | "lists" | "attributes";

/** Without prototypes, so that a name such as `__proto__` is a name like any other. */
export const emptyDraft = (): Draft => ({
  values: Object.create(null),
  lists: Object.create(null),
  attributes: Object.create(null),
  dropped: new Set(),
});

/** How a field is called in reasons and lists of rejects. */
export const labelOf = (section: Section, name: string): string =>
  section === "attributes" ? `attributes.${name}` : name;
