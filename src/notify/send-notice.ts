import { Failure } from "../domain/errors";
import type { Attempt, Notice, NotifyTarget } from "../domain/notify";
import { mailText, subjectOf } from "./notice-text";
import type { Mailer, PostWebhook } from "./ports";
import { signedHeaders } from "./sign";

export interface SendServices {
  readonly post: PostWebhook;
  /** Null: no server is configured. */
  readonly mailer: () => Mailer | null;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Milliseconds that a mail under way is still given once the signal is aborted. */
  readonly gracePeriod: number;
}

/** The receiver wants no more of this. */
const GONE = 410;

/** One attempt. Never rejects: what kept a message from its receiver is the answer. */
export function sendNotice(target: NotifyTarget, notice: Notice, services: SendServices): Promise<Attempt> {
  return target.kind === "webhook" ? sendWebhook(target, notice, services) : sendMail(target, notice, services);
}

/** Where messages to it go, without what a webhook's address may hold to be let in. */
const shownTarget = (target: NotifyTarget): string =>
  target.kind === "webhook" ? originOf(target.url.reveal()) : target.to;

async function sendWebhook(
  target: Extract<NotifyTarget, { kind: "webhook" }>,
  notice: Notice,
  { post, now, signal }: SendServices,
): Promise<Attempt> {
  const to = shownTarget(target);
  const body = JSON.stringify(notice);
  const at = Math.floor(now().getTime() / 1_000);
  const headers = { "content-type": "application/json", ...signedHeaders({ id: notice.id, at, body }, target.secret) };
  try {
    const { status } = await post({ url: target.url, headers, body, allowPrivate: target.allowPrivate, signal });
    if (status >= 200 && status < 300) return { to, problem: null, isFinal: false };
    const redirected = status >= 300 && status < 400 ? ", and redirects are not followed" : "";
    return { to, problem: `answered with status ${status}${redirected}`, isFinal: status === GONE };
  } catch (error) {
    return { to, problem: error instanceof Failure ? error.message : "could not be sent to", isFinal: false };
  }
}

async function sendMail(
  target: Extract<NotifyTarget, { kind: "email" }>,
  notice: Notice,
  { mailer, signal, gracePeriod }: SendServices,
): Promise<Attempt> {
  const to = shownTarget(target);
  const server = mailer();
  if (server === null)
    return { to, problem: "no mail server is configured: set SMTP_URL and SMTP_FROM", isFinal: false };
  const patient = abortedAfter(signal, gracePeriod);
  try {
    const mail = { id: notice.id, to: target.to, subject: subjectOf(notice), text: mailText(notice) };
    await server.send({ ...mail, signal: patient.signal });
    return { to, problem: null, isFinal: false };
  } catch (error) {
    return { to, problem: `${server.server} did not take the mail${whyNot(error)}`, isFinal: false };
  } finally {
    patient.forget();
  }
}

/** Aborted a little after the other: a mail that is nearly sent when the process is told to end would be sent again. */
function abortedAfter(signal: AbortSignal, wait: number): { readonly signal: AbortSignal; forget(): void } {
  const later = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => later.abort(signal.reason), wait);
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  const forget = (): void => {
    clearTimeout(timer);
    signal.removeEventListener("abort", begin);
  };
  return { signal: later.signal, forget };
}

/** What a server says may repeat what it was told, so only its codes are kept. */
function whyNot(error: unknown): string {
  const { code, responseCode } = (error ?? {}) as { readonly code?: unknown; readonly responseCode?: unknown };
  const told = [code, responseCode].filter((one) => typeof one === "string" || typeof one === "number");
  return told.length === 0 ? "" : ` (${told.join(" ")})`;
}

const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : "a webhook");
