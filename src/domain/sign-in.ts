/** A sign-in by browser that was begun: what must be known when the browser comes back. */
export interface BegunSignIn {
  readonly source: string;
  readonly nonce: string;
  /** PKCE, ours towards the issuer. */
  readonly verifier: string;
  readonly returnTo: string;
  /** The application's own. */
  readonly state: string | null;
  readonly challenge: string | null;
  /** SHA-256, in base64url, of the browser's cookie. */
  readonly browser: string;
}
