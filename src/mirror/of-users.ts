import { LINK_ENDS, LINK_KINDS } from "../domain/entities";
import { quotedList } from "./quoted-list";

const OF_USERS = quotedList(["users", ...LINK_KINDS.filter((kind) => LINK_ENDS[kind].left === "users")]);

/** Whether a row is of people, whose key is its `key`: of their records, or of the links they hold. */
export const ofUsers = (entity: string): string => `${entity} in (${OF_USERS})`;
