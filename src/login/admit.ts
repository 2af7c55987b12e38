import type { HeldSubject, Journal, JournalEntry } from "./ports";

/**
 * The last look before somebody is let in; the journal notes of when what they hold is.
 *
 * @param held null where the person was gone when it was read
 * @returns null where the person, or the verifier that answered, has gone meanwhile: then nobody is let in
 */
export async function admit(
  journal: Journal,
  held: HeldSubject | null,
  entry: Omit<JournalEntry, "asOf">,
): Promise<HeldSubject | null> {
  if (held === null) return null;
  return (await journal.admit({ ...entry, asOf: held.asOf })) ? held : null;
}
