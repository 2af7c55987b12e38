import { loadNotify } from "../../config/load-notify";
import { isError } from "../../domain/errors";
import type { Attempt, Notice, NotifyTarget } from "../../domain/notify";
import { once } from "../../domain/once";
import type { WaitingNotice } from "../../mirror/notice-store";
import { GIVE_UP_AFTER, waitAfter } from "../../notify/backoff";
import type { Mailer } from "../../notify/ports";
import { sendNotice } from "../../notify/send-notice";
import type { Adapters } from "../open/adapters";

/** So many messages are on their way at once: a mail server that takes its time keeps nobody else from being told. */
const LANES = 4;
/** Milliseconds between two words that a message is still being sent. */
const RENEW_INTERVAL = 30_000;

/** Sends waiting messages to the recipients that a job names, by mail or webhook, and retries what did not arrive. */
export function createDelivery(
  { home, environment, stores, log }: Adapters,
  targetsOf: (source: string) => Promise<readonly NotifyTarget[]>,
) {
  /** Loaded by the first mail. */
  const mailer = once(async (): Promise<Mailer | null> => {
    const { smtpUrl, smtpFrom } = environment.settings;
    if (smtpUrl === null || smtpFrom === null) return null;
    const { openMailer } = require("../../notify/open-mailer") as typeof import("../../notify/open-mailer");
    return openMailer({ url: smtpUrl, from: smtpFrom });
  });

  async function send(target: NotifyTarget, notice: Notice, signal: AbortSignal): Promise<Attempt> {
    const webhooks = require("../../upstream/post-webhook") as typeof import("../../upstream/post-webhook");
    const post = webhooks.createWebhookPoster({ log, file: `jobs/${notice.source}.yaml` });
    const opened = target.kind === "email" ? await mailer() : null;
    return sendNotice(target, notice, { post, mailer: () => opened, now: () => new Date(), signal });
  }

  /** What is due, of one source or of all. */
  async function deliver(source: string | null, signal: AbortSignal): Promise<void> {
    const lanes = await Promise.allSettled(Array.from({ length: LANES }, () => deliverInTurn(source, signal)));
    for (const lane of lanes) if (lane.status === "rejected") throw lane.reason;
  }

  async function deliverInTurn(source: string | null, signal: AbortSignal): Promise<void> {
    const { notices } = await stores();
    while (!signal.aborted) {
      const taken = await notices.take(source);
      if (taken === null) return;
      const renewing = setInterval(() => void notices.renew(taken.id).catch(ignore), RENEW_INTERVAL);
      await attempt(taken, signal).finally(() => clearInterval(renewing));
    }
  }

  async function attempt(
    { id, source, target: name, message, attempts, age }: WaitingNotice,
    signal: AbortSignal,
  ): Promise<void> {
    const { notices } = await stores();
    const target = (await targetsOf(source)).find((one) => one.id === name);
    if (target === undefined) {
      const { problems } = await loadNotify({ home, env: environment.env }, source);
      const mistake = problems.find(isError);
      if (mistake === undefined) return notices.giveUp(id, null);
      return notices.again(id, "`notify` in the job has mistakes", waitAfter(attempts, Math.random()));
    }
    const { to, problem, isFinal } = await send(target, message, signal);
    const told = { source, to, state: message.state, message: id };
    if (problem === null) {
      log.info("a change of state was told", told);
      return notices.delivered(id);
    }
    // This process is ending: the next one sends it.
    if (signal.aborted) return notices.again(id, problem, 0);
    if (isFinal || age >= GIVE_UP_AFTER) {
      log.error("a change of state could not be told, and is given up", { ...told, problem });
      return notices.giveUp(id, problem);
    }
    log.warn("a change of state could not be told, and is tried again", { ...told, problem, attempts });
    return notices.again(id, problem, waitAfter(attempts, Math.random()));
  }

  return {
    send,
    deliver,
    close: async (): Promise<void> => (await mailer.opened)?.close(),
  };
}

/** Another process may take it over then, and it comes twice. */
const ignore = (): void => undefined;
