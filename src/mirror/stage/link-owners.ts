import { ENTITY_NAMES, type EntityName, FIELDS, LINK_ENDS, type LinkKind } from "../../domain/entities";

/** A list field: whose records hold it, and at which end of its links those are. */
interface ListOwner {
  readonly field: string;
  readonly entity: EntityName;
  readonly isLeft: boolean;
}

/** The lists that state links of a kind; no two of them have one name. */
export const listOwners = (kind: LinkKind): readonly ListOwner[] =>
  ENTITY_NAMES.flatMap((entity) =>
    FIELDS[entity]
      .filter(({ links }) => links === kind)
      .map(({ name }) => ({ field: name, entity, isLeft: LINK_ENDS[kind].left === entity })),
  );

/** The name of the list in an origin, an expression; empty for a child stream. */
export const listIn = (origin: string): string => `split_part(${origin}, '.', 2)`;

/** The parent that the audit names beside a link of a child stream, an expression; a list's links are stated by the record itself. */
export const statedBy = (origin: string, owner: string): string =>
  `case when ${origin} <> '' and ${listIn(origin)} = '' then ${owner} end`;
