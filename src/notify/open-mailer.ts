import type { SecureContext } from "node:tls";
import { createTransport } from "nodemailer";
import type { Secret } from "../domain/secret";
import { limitTime } from "../domain/time-limit";
import type { Mailer } from "./ports";

/**
 * In milliseconds: to connect, to be greeted, and between two words of the server. A server looks through what it got before it
 * says that it takes it, and whoever does not wait for that sends it again (RFC 5321, 4.5.3.2.6).
 */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 30_000, socketTimeout: 600_000 };
/** For all of it. */
const TOTAL_TIMEOUT = 900_000;

interface MailerOptions {
  /** `smtp://` (TLS where the server offers it) or `smtps://`, with user and password; its query may hold more words. */
  readonly url: Secret;
  readonly from: string;
  /** How its certificate is checked, unless the query of `url` says otherwise. */
  readonly tls: { readonly rejectUnauthorized: true; readonly secureContext?: SecureContext };
}

export function openMailer({ url, from, tls }: MailerOptions): Mailer {
  const transport = createTransport({
    url: url.reveal(),
    ...TIMEOUTS,
    tls: { ...tls },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? "understudy";
  return {
    server: new URL(url.reveal()).host,
    async send({ id, to, subject, text, signal }) {
      const limit = limitTime(TOTAL_TIMEOUT, signal);
      const mail = { from, to, subject, text, messageId: `<${id}@${domain}>`, signal: limit.signal };
      await transport.sendMail(mail).finally(limit.release);
    },
    close: () => transport.close(),
  };
}
