import { type EntityName, isEntity, type LinkKind } from "../../../domain/entities";
import type { Excess } from "../../../domain/weighing";
import { SIGN_IN_FIELDS } from "../../can-sign-in";
import { affected, type StageContext } from "../stage-context";
import { holdFields } from "./split-fields";
import { DISABLES, REMOVALS } from "./weigh-changes";
import { newHolders } from "./weigh-roles";

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
    affected(
      context,
      `update changes set held = true where $1::text is not null and entity = '${entity}' and not held and ${which}`,
      [context.source, ...parameters],
    );
  switch (excess.what) {
    case "removals":
      if (entity === "users") await holdFields(context, { entity, fields: SIGN_IN_FIELDS, uncompared }, DISABLES);
      await isHeld(REMOVALS);
      return;
    case "tombstones":
      await isHeld("kind = 'tombstone' and key = any ($2)", [excess.keys]);
      return;
    case "changes":
      await isHeld("kind = 'update'");
      return;
    case "creates":
      await isHeld("kind = 'create'");
      return;
    case "field":
      if (isEntity(entity)) await holdFields(context, { entity, fields: [excess.field], uncompared });
      return;
    case "grants":
      await isHeld(`related = $2 and ${newHolders(context)}`, [excess.role]);
      return;
  }
}
