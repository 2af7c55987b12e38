/**
 * The yardstick: what the bench's mapping says, written by hand as somebody does who knows that an API may leave anything out.
 * It gives what the expressions give, before types and rules are applied.
 */
export interface MappedByHand {
  readonly key: unknown;
  readonly username: unknown;
  readonly status: unknown;
  readonly email: unknown;
  readonly display_name: unknown;
  readonly given_name: unknown;
  readonly family_name: unknown;
  readonly phone: unknown;
  readonly title: unknown;
  readonly locale: unknown;
  readonly timezone: unknown;
  readonly changed_at: unknown;
  readonly orgs: readonly unknown[];
  readonly roles: readonly unknown[];
  readonly department: unknown;
}

interface DirectoryUser {
  readonly id?: unknown;
  readonly status?: unknown;
  readonly lastUpdated?: unknown;
  readonly profile?: DirectoryProfile | null;
  readonly groups?: readonly ({ readonly id?: unknown; readonly type?: unknown } | null)[] | null;
  readonly roles?: readonly ({ readonly id?: unknown } | null)[] | null;
}

type DirectoryProfile = Readonly<Record<ProfileName, unknown>>;
type ProfileName =
  | ("login" | "email" | "firstName" | "lastName" | "displayName" | "mobilePhone")
  | ("primaryPhone" | "title" | "department" | "locale" | "timezone");

/** Null for a record that is left out. */
export function mapByHand(record: unknown): MappedByHand | null {
  const user = record as DirectoryUser;
  if (user.status === "STAGED") return null;
  const profile = user.profile ?? undefined;
  const login = trimmed(profile?.login)?.toLowerCase();
  const email = profile?.email;
  return {
    key: user.id,
    username: login,
    status: user.status,
    email: typeof email === "string" ? email.toLowerCase() : undefined,
    display_name: displayName(profile) ?? login,
    given_name: profile?.firstName,
    family_name: profile?.lastName,
    phone: isThere(profile?.mobilePhone) ? profile?.mobilePhone : profile?.primaryPhone,
    title: trimmed(profile?.title),
    locale: profile?.locale,
    timezone: profile?.timezone,
    changed_at: user.lastUpdated,
    orgs: orgsOf(user),
    roles: rolesOf(user),
    department: profile?.department,
  };
}

const isThere = (value: unknown): boolean =>
  value !== undefined && value !== null && (typeof value !== "string" || value.trim() !== "");

const trimmed = (text: unknown): string | undefined => (typeof text === "string" ? text.trim() : undefined);

function displayName(profile: DirectoryProfile | undefined): unknown {
  if (profile === undefined) return undefined;
  const { displayName, firstName, lastName } = profile;
  if (isThere(displayName)) return displayName;
  if (!isThere(firstName)) return isThere(lastName) ? lastName : undefined;
  return isThere(lastName) ? `${firstName} ${lastName}` : firstName;
}

function orgsOf({ groups }: DirectoryUser): unknown[] {
  const ids: unknown[] = [];
  if (!Array.isArray(groups)) return ids;
  for (const group of groups) if (group?.type === "org" && group.id !== undefined) ids.push(group.id);
  return ids;
}

function rolesOf({ roles }: DirectoryUser): unknown[] {
  const ids: unknown[] = [];
  if (!Array.isArray(roles)) return ids;
  for (const role of roles) if (role?.id !== undefined) ids.push(role.id);
  return ids;
}
