import type { Auth } from "../../domain/job";

/** What a request carries to be let in; never logged. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

export interface Authenticator {
  /** Rejects with a `Failure` where credentials have to be fetched and cannot be. */
  credentials(signal: AbortSignal): Promise<Credentials>;
  /** After a 401: whether asking again, with other credentials than `refused`, makes sense. */
  renew(refused: Credentials): boolean;
}

type FixedAuth = Exclude<Auth, { kind: "oauth2" }>;

/** Credentials that stand in the job and are the same for every request. */
export const createFixedAuthenticator = (auth: FixedAuth): Authenticator => {
  const credentials = Promise.resolve(fixedCredentials(auth));
  return { credentials: () => credentials, renew: () => false };
};

const fixedCredentials = (auth: FixedAuth): Credentials => {
  switch (auth.kind) {
    case "none":
      return { headers: {}, query: {} };
    case "basic":
      return { headers: { authorization: basic(auth.username, auth.password.reveal()) }, query: {} };
    case "bearer":
      return { headers: { authorization: `Bearer ${auth.token.reveal()}` }, query: {} };
    case "api-key": {
      const pair = { [auth.in === "header" ? auth.name.toLowerCase() : auth.name]: auth.value.reveal() };
      return auth.in === "header" ? { headers: pair, query: {} } : { headers: {}, query: pair };
    }
  }
};

/** RFC 7617, in UTF-8. */
export const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
