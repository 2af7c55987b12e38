import { setImmediate as nextTurn } from "node:timers/promises";
import type { StagedPage } from "../../../domain/staging";
import type { StageContext } from "../stage-context";
import type { CopyRows } from "./copy-rows";

/** Others get their turn after so many were sealed, which takes some milliseconds. */
const PASSWORDS_A_TURN = 100;

/** Columns of `stage_passwords` in the order in which they are copied. */
export const PASSWORD_COLUMNS = ["key", "hash", "imported", "because", "read_at", "page", "ord"];

/** Writes what was read of the passwords of one page; what is written of a hash is sealed. */
export async function writePasswords(
  rows: CopyRows,
  { source, passwordSeal }: StageContext,
  { page, passwords }: StagedPage,
  { first, readAt }: { readonly first: number; readonly readAt: string },
): Promise<void> {
  if (passwordSeal === null) return;
  const seal = await passwordSeal();
  for (const [index, { key, password }] of passwords.entries()) {
    const sealed = password.found === "hash" ? seal.seal({ source, key }, password.hash) : null;
    rows.row(PASSWORD_COLUMNS.length);
    rows.text(key);
    rows.text(sealed?.sealed ?? null);
    rows.bytea(sealed?.digest ?? null);
    rows.text(password.found === "unusable" ? password.because : null);
    rows.timestamptz(readAt);
    rows.int4(page);
    rows.int8(first + index);
    if (index % PASSWORDS_A_TURN === PASSWORDS_A_TURN - 1) await nextTurn();
  }
}
