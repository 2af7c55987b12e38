import { FIELDS, type Into, LINK_ENDS } from "../domain/entities";
import { valueUnder } from "../domain/field-label";
import type { Json } from "../domain/json";
import type { ListItem, Mapped } from "../domain/mapping";
import { itemShapeOf } from "./list-items";
import { A_PASSWORD } from "./settle-password";

/**
 * What a run would store under a label such as `key`, `username`, `roles` or `attributes.x`; null when it is absent. Items of a
 * list are keys, or `{ role, org }` where a role is held within an organization. Of a password it only says that there is one.
 */
export function storedValue(into: Into, label: string, mapped: Mapped): Json {
  if (mapped.outcome === "link") return linkEnd(into, label, mapped);
  if (label === "key") return mapped.key;
  if (mapped.outcome !== "record") return null;
  if (label === "password" && into === "users") return mapped.password?.found === "hash" ? A_PASSWORD : null;
  const list = mapped.lists.find(({ field }) => field === label);
  return list === undefined ? valueUnder(label, mapped) : list.items.map((item) => writtenItem(into, label, item));
}

/** An item as its mapping would write it. */
export function writtenItem(into: Into, label: string, { key, scope }: ListItem): Json {
  const field = FIELDS[into].find(({ name }) => name === label);
  const shape = field === undefined ? null : itemShapeOf(field);
  return scope === null || shape?.scope == null ? key : { [shape.end]: key, [shape.scope]: scope };
}

function linkEnd(into: Into, label: string, mapped: Extract<Mapped, { outcome: "link" }>): Json {
  const refers = FIELDS[into].find(({ name }) => name === label)?.refers;
  const { left, right } = LINK_ENDS[mapped.links];
  if (refers === undefined) return null;
  return refers === left ? mapped.left : refers === right ? mapped.right : mapped.scope;
}
