import { randomBytes, timingSafeEqual } from "node:crypto";

export interface ServiceAccount {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface IssuedToken {
  readonly access_token: string;
  readonly token_type: "Bearer";
  /** Seconds. */
  readonly expires_in: number;
}

const same = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

/** Issues and checks bearer tokens: OAuth 2.0 client credentials, RFC 6749 section 4.4. */
export class TokenDesk {
  readonly account: ServiceAccount = {
    clientId: "understudy",
    clientSecret: randomBytes(18).toString("base64url"),
  };
  readonly #lifetime: number;
  readonly #expiries = new Map<string, number>();

  /** `lifetime` in seconds. */
  constructor(lifetime: number) {
    this.#lifetime = lifetime;
  }

  /** Null when the client is not who it says. Credentials come by HTTP Basic or in the form. */
  issue(authorization: string | undefined, form: URLSearchParams): IssuedToken | null {
    const [id, secret] = basicCredentials(authorization) ?? [form.get("client_id"), form.get("client_secret")];
    const known = same(id ?? "", this.account.clientId) && same(secret ?? "", this.account.clientSecret);
    if (!known || form.get("grant_type") !== "client_credentials") return null;
    const token = randomBytes(24).toString("base64url");
    this.#expiries.set(token, Date.now() + this.#lifetime * 1000);
    return { access_token: token, token_type: "Bearer", expires_in: this.#lifetime };
  }

  accepts(authorization: string | undefined): boolean {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
    return token !== undefined && (this.#expiries.get(token) ?? 0) > Date.now();
  }
}

const basicCredentials = (authorization: string | undefined): readonly [string, string] | null => {
  const encoded = /^Basic (\S+)$/i.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return null;
  const [id = "", secret = ""] = Buffer.from(encoded, "base64").toString().split(":", 2);
  // Both are form-encoded before they are joined: RFC 6749 section 2.3.1.
  return [decodeURIComponent(id), decodeURIComponent(secret)];
};
