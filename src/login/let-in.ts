import type { Account, LoginStep } from "../domain/login";
import { admit } from "./admit";
import { isActive } from "./is-active";
import type { HashPlace, LoginPorts } from "./ports";
import { accepted, REFUSED_HERE, type Verdict } from "./verdict";

/** A password that was right, from which the mirror may answer later. */
interface Keeping {
  /** How long; milliseconds, 0 keeps nothing. */
  readonly offline: number;
  /** Before the customer's system was asked. */
  readonly askedAt: number;
  readonly login: string;
  readonly password: string;
  readonly place: HashPlace;
}

interface Accepted {
  /** The person's key, as the customer's system told; null for a user name that nobody has. */
  readonly key: string | null;
  /** The person the mirror had found before anybody was asked. */
  readonly known: Account | null;
  readonly afterMs: number;
  readonly keeping: Keeping | null;
}

/** A key that nobody has: whoever is not there is looked for as long as anybody. */
const NOBODY = "";

/**
 * The customer's system said yes. Somebody whom the mirror does not have, or holds disabled, is refused all the same: there is
 * nothing to say about the first, and the mapping decides who is active.
 */
export async function letIn(
  ports: LoginPorts,
  source: string,
  { key, known, afterMs, keeping }: Accepted,
  tell: (step: LoginStep) => void,
): Promise<Verdict> {
  const isKnown = known?.key === key && !known.isLocal;
  const account = isKnown ? known : await ports.directory.byKey(source, key ?? NOBODY);
  const at = ports.clock.now();
  if (account === null || !isActive(account, at)) {
    const told = key === null ? "of the user name" : "with the key";
    const found = account === null ? `holds nobody ${told} that was told` : "does not hold this person as active";
    tell({ step: "the mirror", found: `${found}; read this person again: understudy sync ${source} --user KEY` });
    if (keeping !== null) {
      // Looks and hashes as when the customer's system says no, so that nobody learns that it said yes.
      if (isKnown) await ports.directory.look(source, keeping.login, at);
      if (keeping.offline > 0) await keeping.place.pretend();
    }
    return REFUSED_HERE;
  }
  const keep = async () => {
    if (keeping === null || keeping.offline === 0) return;
    const { place, password, login, askedAt: vouchedAt } = keeping;
    const hash = await place.hash({ source, account: account.id, password });
    await ports.verifiers.keep({ source, account, hash, vouchedAt, login });
    tell({ step: "the verifier", found: "made anew" });
  };
  const [held] = await Promise.all([ports.directory.subject(source, account.key), keep()]);
  const login = keeping?.login ?? null;
  const entry = { source, account, at, basis: "live", away: false, verifier: null, login } as const;
  const admitted = await admit(ports.journal, held, entry);
  if (admitted === null) return REFUSED_HERE;
  const upstream = { state: "up", afterMs } as const;
  return {
    ...accepted({ basis: "live", account, subject: admitted.subject, asOf: at, at, upstream }),
    // The name that was typed leads to somebody else, whose failures are not to be forgotten with this login.
    counts: known === null || isKnown ? "succeeded" : "neither",
  };
}
