/** People who get other keys, by an edit of their mapping and a run that renames. */
import type { RunReport } from "../../src/domain/runs";
import { USERS, type World } from "./world";

/** The users' mapping with another key. */
export const BY_UUID = USERS.replace("key: id", "key: uuid");

/** @param expect how many are to be renamed; null asks */
export const rekey = (world: World, expect: number | null = null, stream = "users"): Promise<RunReport> =>
  world.sync({ mode: "rekey", rekey: { stream, expect } });

export const edit = (world: World, text = BY_UUID): Promise<void> => world.write("mappings/acme/users.yaml", text);

/** Gives people what the new key reads, by their old key. */
export const name = (world: World, uuids: Readonly<Record<string, unknown>>): void => {
  for (const person of world.users) person.uuid = uuids[String(person.id)];
};
export const THREE = { u1: "a1", u2: "b2", u3: "c3" };
