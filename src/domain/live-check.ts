import type { Credential, LiveOutcome } from "./login";

/**
 * What came of asking without anybody's credential: any answer, an error of the system's own (5xx), or none in time.
 */
export type ProbeOutcome = "answers" | "fails" | "silent";

/** The customer's system, as a login sees it. */
export interface LiveCheck {
  /**
   * Asks once, within the policy's deadline. Whatever the customer's system does is an outcome.
   *
   * @throws Failure RUN004 when `signal` aborts, and nothing else
   */
  check(credential: Credential, signal: AbortSignal): Promise<LiveOutcome>;
  /**
   * Whether anybody answers there.
   *
   * @throws Failure RUN004 when `signal` aborts, and nothing else
   */
  probe(signal: AbortSignal): Promise<ProbeOutcome>;
  /** Closes its connections. */
  close(): Promise<void>;
}

/** Sign-in by browser at the customer's identity provider. Whichever process began it, any may finish it. */
export interface BrowserSignIn {
  /**
   * Begins a sign-in that has ten minutes to be finished.
   *
   * @throws Failure LOG020 when the source has no sign-in by browser, LOG021 for an address that people may not be sent back to,
   *   and what keeps the identity provider from being asked (UPS…)
   */
  start(request: SignInRequest, signal: AbortSignal): Promise<StartedSignIn>;
  /**
   * What came back to the callback. Each `state` is good for one call, whatever comes of it.
   *
   * @throws Failure LOG022 for a `state` that is unknown, used, too old, of another source or of another browser
   */
  finish(answer: SignInAnswer, signal: AbortSignal): Promise<FinishedSignIn>;
  close(): Promise<void>;
}

export interface SignInRequest {
  /** Where the person goes afterwards: exactly one of the addresses in the job. */
  readonly returnTo: string;
  /** The application's own, given back to it untouched; 1,024 characters at most. */
  readonly state: string | null;
  /** The application's PKCE challenge (S256), handed through with the sign-in. */
  readonly challenge: string | null;
  /** What ties the sign-in to one browser: a value kept there in a cookie. Null makes a new one. */
  readonly browser: string | null;
}

export interface StartedSignIn {
  /** Where to send the person. */
  readonly url: string;
  /** To be kept in a cookie of that browser: HttpOnly, Secure, SameSite=Lax, for ten minutes. */
  readonly browser: string;
  /** The path of that cookie: where browsers reach the callback, also behind a proxy that adds to it. */
  readonly path: string;
}

interface SignInAnswer {
  /** Everything in the callback's query. */
  readonly params: URLSearchParams;
  /** The cookie's value. */
  readonly browser: string | null;
}

export interface FinishedSignIn {
  readonly outcome: LiveOutcome;
  readonly returnTo: string;
  readonly state: string | null;
  readonly challenge: string | null;
}
