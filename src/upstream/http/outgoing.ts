/** What the machine says of every connection to somebody else's server, whoever is asked and what for. */
import * as tls from "node:tls";

export interface Outgoing {
  /** Who vouches for certificates. One that nobody vouches for is refused whatever NODE_TLS_REJECT_UNAUTHORIZED says. */
  readonly tls: { readonly rejectUnauthorized: true; readonly secureContext?: tls.SecureContext };
  /** The variable that names a proxy for an address; null where none does. None is used: what is connected to is what was checked. */
  readonly proxyFor: (address: Pick<URL, "protocol">) => string | null;
}

/** Where the machine says nothing. */
export const DIRECT: Outgoing = { tls: { rejectUnauthorized: true }, proxyFor: () => null };

/** @param authorities certificates in PEM of those who vouch beside those whom Node trusts; null for nobody */
export const readOutgoing = (
  env: Readonly<Record<string, string | undefined>>,
  authorities: string | null,
): Outgoing => ({
  tls: authorities === null ? DIRECT.tls : { ...DIRECT.tls, secureContext: trusting(authorities) },
  proxyFor({ protocol }) {
    const scheme = protocol === "https:" ? "https_proxy" : "http_proxy";
    const names = [scheme, "all_proxy"].flatMap((name) => [name, name.toUpperCase()]);
    return names.find((name) => (env[name] ?? "").trim() !== "") ?? null;
  },
});

/** Made once for all connections: to read a hundred authorities takes tens of milliseconds. */
function trusting(authorities: string): tls.SecureContext {
  // Newer Node tells whom it trusts by its own options, too.
  const { getCACertificates } = tls as { readonly getCACertificates?: (kind: "default") => readonly string[] };
  return tls.createSecureContext({ ca: [...(getCACertificates?.("default") ?? tls.rootCertificates), authorities] });
}
