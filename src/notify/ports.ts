import type { Secret } from "../domain/secret";

/** Sends to a webhook: one attempt, no redirect followed. Trouble on the way is a `Failure`. */
export type PostWebhook = (request: {
  readonly url: Secret;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}) => Promise<{ readonly status: number }>;

/** Sends a mail to one address. Trouble on the way is an Error, whose message may hold what the server said. */
export interface Mailer {
  /** Where mail goes to, for people. */
  readonly server: string;
  send(mail: {
    readonly id: string;
    readonly to: string;
    readonly subject: string;
    readonly text: string;
    /** Breaks it off. */
    readonly signal: AbortSignal;
  }): Promise<void>;
  close(): void;
}
