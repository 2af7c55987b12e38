/** Passwords that a mapping brings: as a directory would state them, and what is kept of them. */
import { createHash, randomBytes } from "node:crypto";
import type { LoginHouse } from "./login-house";
import { USERS, type World } from "./world";

/** Of the users, with a password. */
export const PASSWORD_MAPPING = USERS.replace(
  "attributes:",
  "  password_changed_at: changed\npassword: { from: proof.value, format: [ldap-ssha, bcrypt] }\nattributes:",
);

/** As a directory would write it. */
export function ssha(password: string): string {
  const salt = randomBytes(8);
  return `{SSHA}${Buffer.concat([createHash("sha1").update(password).update(salt).digest(), salt]).toString("base64")}`;
}

export const give = (world: World, id: string, value: unknown): void => {
  world.users = world.users.map((one) => (one.id === id ? { ...one, proof: { value } } : one));
};

/** While the customer's system is away. */
export async function login(house: LoginHouse, name: string, password: string): Promise<string> {
  house.now = Date.now();
  return house.try(name, password);
}

interface Kept {
  readonly key: string;
  readonly kind: "sealed" | "ours" | "empty";
  readonly imported: boolean;
}

const KIND = "case when hash = '' then 'empty' when is_foreign then 'sealed' else 'ours' end";
export const keptIn = (world: World) =>
  world.sql<Kept & { [column: string]: unknown }>(
    `select key, ${KIND} as kind, imported is not null as imported from login.verifiers order by key`,
  );
export const of = (key: string, kind: Kept["kind"], imported = true) => ({ key, kind, imported });
