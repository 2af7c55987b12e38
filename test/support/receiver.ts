/** Those who are told: a webhook that answers as it is told to, and a mail server, both real. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { SMTPServer } from "smtp-server";

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly path: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** How it answers from now on; 204 unless told. */
  answer: (response: ServerResponse) => void;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const receiver = { answer: (response: ServerResponse) => void response.writeHead(204).end() };
  const server = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request), path: request.url ?? "" });
    receiver.answer(response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async close() {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  });
}

export interface MailServer {
  readonly url: string;
  readonly mails: readonly string[];
  /** Refuses every mail with this code, or takes them. */
  refuses: number | null;
  /** Does not take mail for this address yet. */
  defers: string | null;
  /** What it waits for before it says that it takes a mail which came. */
  looksThrough: Promise<void> | null;
  /** So many mails came, taken or not. */
  readonly came: number;
  close(): Promise<void>;
}

export async function startMailServer(): Promise<MailServer> {
  const mails: string[] = [];
  const state = {
    refuses: null as number | null,
    defers: null as string | null,
    looksThrough: null as Promise<void> | null,
    came: 0,
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    onRcptTo({ address }, _session, done) {
      if (address === state.defers) return done(Object.assign(new Error("try again later"), { responseCode: 450 }));
      return done();
    },
    onData(stream, _session, done) {
      text(stream).then(async (mail) => {
        state.came += 1;
        await state.looksThrough;
        if (state.refuses !== null)
          return done(Object.assign(new Error(`no, ${mail.slice(0, 20)}`), { responseCode: state.refuses }));
        mails.push(mail);
        return done();
      }, done);
    },
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  return Object.assign(state, {
    url: `smtp://user:s3cret@127.0.0.1:${(server.server.address() as AddressInfo).port}?ignoreTLS=true`,
    mails,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  });
}
