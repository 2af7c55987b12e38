/**
 * Trouble before a request was sent: with the name, the socket or the certificate. Whatever Node calls it, it is no bug of ours. The
 * code stays, for undici looks at it.
 */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
  readonly code: string | null;

  constructor(override readonly cause: Error & { readonly code?: unknown }) {
    super(cause.message, { cause });
    this.code = typeof cause.code === "string" ? cause.code : null;
  }
}
