import type { Account } from "../domain/login";
import { admit } from "./admit";
import { type Attended, boundTo } from "./attended";
import { isActive } from "./is-active";
import { accepted, REFUSED, type Verdict } from "./verdict";

/** A local administrator is nobody at the customer's system: only the password counts, however long nothing was reached. */
export async function askLocal({
  ports,
  call,
  known: { verifier },
  account,
  login,
  password,
  place,
  tell,
}: Attended & { readonly account: Account }): Promise<Verdict> {
  const at = ports.clock.now();
  if (verifier === null || !isActive(account, at)) {
    await place.pretend();
    return REFUSED;
  }
  const found = await place.verify(verifier.hash, boundTo(account, { call, password }));
  tell({ step: "the local administrator", found: `the password is ${found}` });
  if (found !== "right") return REFUSED;
  const held = await ports.directory.subject(call.source, account.key);
  const entry = { source: call.source, account, at, basis: "mirror", away: false, verifier, login } as const;
  const admitted = await admit(ports.journal, held, entry);
  if (admitted === null) return REFUSED;
  const { subject, asOf } = admitted;
  const upstream = { state: "not-asked", afterMs: 0 } as const;
  return accepted({ basis: "mirror", account, subject, asOf, at, upstream });
}
