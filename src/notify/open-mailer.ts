import { createTransport } from "nodemailer";
import type { Secret } from "../domain/secret";
import type { Mailer } from "./ports";

/** In milliseconds: to connect, to be greeted, and between two words of the server. */
const PATIENCE = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

/** @param url `smtp://` (TLS where the server offers it) or `smtps://`, with user and password; its query may hold more words */
export function openMailer({ url, from }: { readonly url: Secret; readonly from: string }): Mailer {
  const transport = createTransport({
    url: url.reveal(),
    ...PATIENCE,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? "understudy";
  return {
    server: new URL(url.reveal()).host,
    async send({ id, to, subject, text }) {
      await transport.sendMail({ from, to: [...to], subject, text, messageId: `<${id}@${domain}>` });
    },
    close: () => transport.close(),
  };
}
