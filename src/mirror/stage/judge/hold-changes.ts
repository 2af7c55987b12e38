import { type EntityName, isEntity, type LinkKind } from "../../../domain/entities";
import type { Excess } from "../../../domain/weighing";
import { affected, type StageContext } from "../stage-context";
import { holdField } from "./split-fields";
import { DISABLES, REMOVALS } from "./weigh-changes";
import { NEW_HOLDERS } from "./weigh-roles";

/**
 * Marks what is too much as held. Of a record only the field that is too much is held, where that is all that is: who is
 * disabled with hundreds of others gets their new name all the same.
 *
 * @param uncompared fields whose difference is no change by itself
 */
export async function holdChanges(
  context: StageContext,
  entity: EntityName | LinkKind,
  excess: Excess,
  uncompared: readonly string[],
): Promise<void> {
  const isHeld = (which: string, parameters: readonly unknown[] = []) =>
    affected(context, `update changes set held = true where entity = $1 and not held and ${which}`, [
      entity,
      ...parameters,
    ]);
  switch (excess.what) {
    case "removals":
      if (entity === "users") await holdField(context, { entity, field: "status", uncompared }, DISABLES);
      await isHeld(REMOVALS);
      return;
    case "changes":
      await isHeld("kind = 'update'");
      return;
    case "creates":
      await isHeld("kind = 'create'");
      return;
    case "field":
      if (isEntity(entity)) await holdField(context, { entity, field: excess.field, uncompared });
      return;
    case "grants":
      await isHeld(`related = $2 and ${NEW_HOLDERS}`, [excess.role]);
      return;
  }
}
