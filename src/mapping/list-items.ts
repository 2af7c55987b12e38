import { FIELDS, type FieldSpec, LINK_ENDS, type LinkKind } from "../domain/entities";
import type { ListItem } from "../domain/mapping";
import { keyOf } from "./coerce";
import { kindOf, Misfit, misfitOf } from "./misfit";

/** What an item of a list field may look like: a key, or an object naming the other end and, for roles, the org. */
export interface ItemShape {
  readonly links: LinkKind;
  /** Property of the other end, such as `role`. */
  readonly end: string;
  /** Property of the org within which a role is held. */
  readonly scope: string | null;
}

/** The shape of a list field's items, read from the fields of the link it becomes; null when it becomes none. */
export function itemShapeOf(field: FieldSpec): ItemShape | null {
  if (field.links === undefined) return null;
  const named = (refers: string | null) =>
    FIELDS[field.links ?? "user_orgs"].find((end) => end.refers === refers)?.name;
  const end = named(field.refers ?? null);
  if (end === undefined) return null;
  return { links: field.links, end, scope: named(LINK_ENDS[field.links].scope) ?? null };
}

/** Far beyond any real list. */
const MOST_ITEMS = 100_000;

/** What becomes of the items of a list before and when they do not fit. */
export interface ItemRules {
  /** Null, or undefined, leaves the item out. */
  readonly translate: (item: unknown) => unknown;
  /** Throws, or returns to have that one item dropped. */
  readonly onMisfit: (misfit: Misfit) => void;
}

/**
 * The items of a list, each once, in the upstream's order; absent items are left out. Throws a `Misfit` for a list without
 * bound.
 */
export function listItems(value: unknown, shape: ItemShape, { translate, onMisfit }: ItemRules): readonly ListItem[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (all.length > MOST_ITEMS) throw new Misfit("MAP038", "holds more than 100,000 items");
  // As long as it can get: a list that grows reserves more than most have.
  const items = new Array<ListItem>(all.length);
  const names = all.length > FEW ? new Set<string>() : null;
  let count = 0;
  for (let index = 0; index < all.length; index += 1) {
    try {
      const translated = translate(all[index]);
      if (translated === undefined || translated === null) continue;
      const item = listItem(translated, shape);
      if (names === null ? holds(items, count, item) : isNamed(names, item)) continue;
      items[count] = item;
      count += 1;
    } catch (error) {
      onMisfit(misfitOf(error));
    }
  }
  items.length = count;
  return items;
}

/** So many are compared with one another sooner than their names are written into a set. */
const FEW = 8;

/** @param count how many of the items are there */
function holds(items: readonly ListItem[], count: number, { key, scope }: ListItem): boolean {
  for (let index = 0; index < count; index += 1)
    if (items[index]?.key === key && items[index]?.scope === scope) return true;
  return false;
}

/** Whether it was named before; from now on it is. */
function isNamed(names: Set<string>, { key, scope }: ListItem): boolean {
  const before = names.size;
  // No key holds a NUL.
  names.add(scope === null ? key : `${key}\0${scope}`);
  return names.size === before;
}

function listItem(raw: unknown, { end, scope }: ItemShape): ListItem {
  if (typeof raw === "string" || kindOf(raw) !== "an object") return { key: part(raw, "a key"), scope: null };
  const { [end]: key, ...others } = raw as Record<string, unknown>;
  const org = scope === null ? undefined : others[scope];
  // A misspelt `org` must not turn a role held in one organization into a role held everywhere.
  if (Object.keys(others).some((name) => name !== scope)) {
    const allowed = scope === null ? `\`${end}\`` : `\`${end}\` and \`${scope}\``;
    throw new Misfit("MAP021", `has an item with other properties than ${allowed}`);
  }
  return {
    key: part(key, `a \`${end}\``),
    scope: org === undefined || org === null ? null : part(org, `a \`${scope}\``),
  };
}

/** One end of an item; what does not fit is told as the list's problem. */
function part(value: unknown, what: string): string {
  try {
    return keyOf(value);
  } catch (error) {
    const { code, problem } = misfitOf(error);
    throw new Misfit(code, `has an item with ${what} that ${problem}`);
  }
}
