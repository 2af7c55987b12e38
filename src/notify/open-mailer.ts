import { createTransport } from "nodemailer";
import type { Secret } from "../domain/secret";
import { within } from "../domain/within";
import type { Mailer } from "./ports";

/** In milliseconds: to connect, to be greeted, and between two words of the server. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 10_000 };
/** For all of it. */
const TOTAL_TIMEOUT = 30_000;

const late = (): Error => Object.assign(new Error("the mail server takes too long"), { code: "ETIMEDOUT" });

/** @param url `smtp://` (TLS where the server offers it) or `smtps://`, with user and password; its query may hold more words */
export function openMailer({ url, from }: { readonly url: Secret; readonly from: string }): Mailer {
  const transport = createTransport({
    url: url.reveal(),
    ...TIMEOUTS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? "understudy";
  return {
    server: new URL(url.reveal()).host,
    async send({ id, to, subject, text }) {
      const mail = { from, to: [...to], subject, text, messageId: `<${id}@${domain}>` };
      const { rejected } = await within(TOTAL_TIMEOUT, transport.sendMail(mail), late);
      return { refused: rejected.length };
    },
    close: () => transport.close(),
  };
}
