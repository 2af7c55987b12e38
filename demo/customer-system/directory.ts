import { type DirectoryData, directoryData, makeUser, type Role, type User } from "./directory-data";

export interface NewHire {
  readonly firstName: string;
  readonly lastName: string;
  readonly teamId: string;
  readonly roleIds: readonly string[];
}

/**
 * Acme's directory as it stands, and what happens to people in it.
 * Ids are never used twice; naming somebody or something unknown is a `RangeError`.
 */
export class Directory {
  readonly #data: DirectoryData = directoryData();
  readonly #users = new Map<string, User>(this.#data.users.map((user) => [user.id, user]));
  #lastNumber = this.#data.users.length;

  get organizations() {
    return this.#data.organizations;
  }

  get permissions() {
    return this.#data.permissions;
  }

  get roles() {
    return this.#data.roles;
  }

  /** In the order of their ids. */
  get users(): readonly User[] {
    return [...this.#users.values()];
  }

  user(id: string): User | null {
    return this.#users.get(id) ?? null;
  }

  /** What a role allows; null for an unknown role. */
  permissionsOf(roleId: string) {
    const ids = this.#data.allows.get(roleId);
    return ids === undefined ? null : this.#data.permissions.filter(({ id }) => ids.includes(id));
  }

  hire({ firstName, lastName, teamId, roleIds }: NewHire): User {
    this.#lastNumber += 1;
    const roles = roleIds.map((id) => this.#role(id));
    const user = makeUser(this.#lastNumber, { firstName, lastName }, this.#team(teamId), roles);
    this.#users.set(user.id, user);
    return user;
  }

  move(userId: string, teamId: string): void {
    this.#change(userId, { teamId: this.#team(teamId) });
  }

  leave(userId: string): void {
    this.#known(userId);
    this.#users.delete(userId);
  }

  suspend(userId: string): void {
    this.#change(userId, { state: "SUSPENDED" });
  }

  grant(userId: string, roleId: string): void {
    const { id, title } = this.#role(roleId);
    const others = this.#known(userId).roles.filter((role) => role.id !== roleId);
    this.#change(userId, { roles: [...others, { id, title }] });
  }

  revoke(userId: string, roleId: string): void {
    this.#change(userId, { roles: this.#known(userId).roles.filter(({ id }) => id !== roleId) });
  }

  #change(userId: string, change: Partial<User>): void {
    const user = this.#known(userId);
    const updatedAt = new Date(Date.parse(user.updatedAt) + 1000).toISOString();
    this.#users.set(userId, { ...user, ...change, updatedAt });
  }

  #known(userId: string): User {
    const user = this.#users.get(userId);
    if (user === undefined) throw new RangeError(`nobody has the id ${userId}`);
    return user;
  }

  #team(id: string): string {
    if (!this.#data.organizations.some((org) => org.id === id))
      throw new RangeError(`no organization has the id ${id}`);
    return id;
  }

  #role(id: string): Role {
    const role = this.#data.roles.find((candidate) => candidate.id === id);
    if (role === undefined) throw new RangeError(`no role has the id ${id}`);
    return role;
  }
}
