import type { LinkKind } from "../../../domain/entities";

/** How many links there are of each kind. */
export type LinkTally = Readonly<Record<LinkKind, number>>;

export const NO_LINKS: LinkTally = { role_permissions: 0, user_orgs: 0, user_roles: 0 };

export const added = (one: LinkTally, other: LinkTally): LinkTally => ({
  role_permissions: one.role_permissions + other.role_permissions,
  user_orgs: one.user_orgs + other.user_orgs,
  user_roles: one.user_roles + other.user_roles,
});
