import type { Account } from "../domain/login";
import type { LoginPorts } from "./ports";

interface Disabled {
  readonly source: string;
  /** The person's key, if the customer's system told it. */
  readonly key: string | null;
  /** Whom the mirror finds without it. */
  readonly known: Account | null;
  readonly askedAt: number;
}

/** The customer's system says that somebody is disabled: the mirror lets them in by no password either. */
export async function dropVerifier(
  { directory, verifiers }: Pick<LoginPorts, "directory" | "verifiers">,
  { source, key, known, askedAt }: Disabled,
): Promise<void> {
  const account = key === null ? known : await directory.byKey(source, key);
  if (account !== null) await verifiers.drop({ source, account, askedAt, hash: null });
}
