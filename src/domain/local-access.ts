/** What is given here and not by a customer's system: roles, and administrators for emergencies. */

/** A role given here, which no synchronization takes away. Times are RFC 3339. */
export interface LocalGrant {
  readonly id: number;
  readonly source: string;
  readonly user: string;
  readonly role: string;
  /** The org within which the role is held; null everywhere. */
  readonly org: string | null;
  readonly grantedAt: string;
  readonly grantedBy: string;
  readonly reason: string;
  readonly until: string | null;
  /** Null while it stands; it ends by itself, or by a person. */
  readonly endedAt: string | null;
}

export interface GrantRequest {
  readonly source: string;
  /** Keys in the mirror. */
  readonly user: string;
  readonly role: string;
  readonly org: string | null;
  /** RFC 3339; null for no end. */
  readonly until: string | null;
  readonly by: string;
  readonly reason: string;
}

/** An administrator made here, for emergencies. Times are RFC 3339. */
export interface LocalAdministrator {
  readonly name: string;
  readonly roles: readonly string[];
  readonly createdAt: string;
  readonly validUntil: string | null;
  readonly lastLogin: string | null;
}

export interface CreateAdministrator {
  readonly name: string;
  readonly password: string;
  readonly roles: readonly string[];
  readonly until: string | null;
  readonly by: string;
  readonly reason: string;
}
