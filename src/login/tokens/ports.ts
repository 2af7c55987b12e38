/** What sessions and tokens ask of the database. */
import type { HandleVerdict, NewSession, Session, SigningKeyRow } from "../../domain/sessions";

export interface SessionPort {
  /** Null when the person may not have one any more: disabled, gone, or their source answers no questions. */
  open(session: NewSession): Promise<Session | null>;
  /** Judges and changes a session while nobody else does; null when no session is of the family. */
  judge(family: Buffer, judge: (session: Session) => HandleVerdict): Promise<Session | null>;
  find(by: { readonly id: string } | { readonly family: Buffer }): Promise<Session | null>;
  /** @returns whether there was one */
  end(id: string): Promise<boolean>;
}

export interface SigningKeyPort {
  list(): Promise<readonly SigningKeyRow[]>;
  /** Adds and drops what `decide` says of the keys there are, while nobody else does. @returns the keys there are then */
  change(
    decide: (
      keys: readonly SigningKeyRow[],
    ) => Promise<{ readonly add: SigningKeyRow | null; readonly drop: readonly string[] }>,
  ): Promise<readonly SigningKeyRow[]>;
}
