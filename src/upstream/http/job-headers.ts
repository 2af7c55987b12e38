import type { Job } from "../../domain/job";

/** What a request to an address carries besides its own headers; names in lower case. */
export type HeadersFor = (url: URL) => Readonly<Record<string, string>>;

/** `http.headers` go where the job's credentials go and nowhere else: one of them may be a secret. */
export const jobHeaders = ({
  baseUrl,
  auth,
  http: { headers },
}: Pick<Job, "baseUrl" | "auth"> & { readonly http: Pick<Job["http"], "headers"> }): HeadersFor => {
  const ours = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const addresses = auth.kind === "oauth2" ? [baseUrl, auth.tokenUrl] : [baseUrl];
  const origins = new Set(addresses.map((address) => new URL(address).origin));
  return ({ origin }) => (origins.has(origin) ? ours : NONE);
};

/** For who has no job to send headers for. */
export const noHeaders: HeadersFor = () => NONE;

const NONE = {};
