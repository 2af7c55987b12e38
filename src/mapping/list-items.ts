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

/**
 * The items of a list, each once, in the upstream's order; absent items are left out, as are those `translate` makes
 * null. Throws a `Misfit` for a list without
 * bound. An item that does not fit goes to `onMisfit`, which throws, or returns to have that one item dropped.
 */
export function listItems(
  value: unknown,
  shape: ItemShape,
  { translate, onMisfit }: { translate: (item: unknown) => unknown; onMisfit: (misfit: Misfit) => void },
): readonly ListItem[] {
  const items = new Map<string, ListItem>();
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (all.length > MOST_ITEMS) throw new Misfit("MAP038", "holds more than 100,000 items");
  for (const raw of all) {
    try {
      const translated = translate(raw);
      if (translated === undefined || translated === null) continue;
      const item = listItem(translated, shape);
      // No key holds a NUL.
      items.set(item.scope === null ? item.key : `${item.key}\0${item.scope}`, item);
    } catch (error) {
      onMisfit(misfitOf(error));
    }
  }
  return [...items.values()];
}

function listItem(raw: unknown, { end, scope }: ItemShape): ListItem {
  if (kindOf(raw) !== "an object") return { key: part(raw, "a key"), scope: null };
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
