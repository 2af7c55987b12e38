import { loadNotify } from "../../config/load-notify";
import { complainTo } from "../../domain/complain";
import { isError } from "../../domain/errors";
import type { Attempt, Notice, NotifyTarget } from "../../domain/notify";
import { once } from "../../domain/once";
import { pause } from "../../domain/pause";
import type { WaitingNotice } from "../../mirror/notice-store";
import { GIVE_UP_AFTER, waitAfter } from "../../notify/backoff";
import type { Mailer } from "../../notify/ports";
import { type SendServices, sendNotice } from "../../notify/send-notice";
import type { Adapters } from "../open/adapters";

/** So many messages are on their way at once: a mail server that takes its time keeps nobody else from being told. */
const LANES = 4;
/** How often a process that stays looks for messages that are due. */
const POLL_INTERVAL = 5_000;
/** Milliseconds that a mail under way is still given when the process is told to end. */
const GRACE_PERIOD = 5_000;
/** Milliseconds between two words that a message is still being sent. */
const RENEW_INTERVAL = 30_000;

/** Sends waiting messages to the recipients that a job names, by mail or webhook, and retries what did not arrive. */
export function createDelivery(
  { home, environment, stores, outgoing, log }: Adapters,
  targetsOf: (source: string) => Promise<readonly NotifyTarget[]>,
) {
  let ending = new AbortController();
  const underWay = new Set<Promise<void>>();

  /** Loaded by the first mail. */
  const mailer = once(async (): Promise<Mailer | null> => {
    const { smtpUrl, smtpFrom } = environment.settings;
    if (smtpUrl === null || smtpFrom === null) return null;
    const { openMailer } = require("../../notify/open-mailer") as typeof import("../../notify/open-mailer");
    return openMailer({ url: smtpUrl, from: smtpFrom, tls: outgoing().tls });
  });

  async function send(
    target: NotifyTarget,
    notice: Notice,
    until: Pick<SendServices, "signal" | "gracePeriod">,
  ): Promise<Attempt> {
    const webhooks = require("../../upstream/post-webhook") as typeof import("../../upstream/post-webhook");
    const post = webhooks.createWebhookPoster({ log, file: `jobs/${notice.source}.yaml`, outgoing: outgoing() });
    const opened = target.kind === "email" ? await mailer() : null;
    return sendNotice(target, notice, { post, mailer: () => opened, now: () => new Date(), ...until });
  }

  /** Breaks off what is under way, for the process ends, or its part that stays. */
  function end(): void {
    ending.abort();
    ending = new AbortController();
  }

  /** What is due of a source. Nothing more is taken once the signal is aborted; what is under way then goes on. */
  async function deliver(source: string, signal: AbortSignal): Promise<void> {
    const lanes = await Promise.allSettled(inLanes(() => deliverInTurn(source, signal)));
    for (const lane of lanes) if (lane.status === "rejected") throw lane.reason;
  }

  /** What is due of all sources, until the signal is aborted. Each lane looks by itself: none waits for what another sends. */
  async function serve(signal: AbortSignal, pollInterval = POLL_INTERVAL): Promise<void> {
    const complaints = complainTo(log);
    signal.addEventListener("abort", end, { once: true });
    const lanes = inLanes(async () => {
      while (!signal.aborted) {
        await deliverInTurn(null, signal).then(
          () => complaints.relieved("changes of state can be told again"),
          (error: unknown) => complaints.complain("changes of state cannot be told; it is tried again", { error }),
        );
        await pause(pollInterval, signal);
      }
    });
    await Promise.all(lanes);
  }

  function deliverInTurn(source: string | null, signal: AbortSignal): Promise<void> {
    const delivering = deliverUntil(source, signal, ending.signal).finally(() => underWay.delete(delivering));
    underWay.add(delivering);
    return delivering;
  }

  async function deliverUntil(source: string | null, signal: AbortSignal, ends: AbortSignal): Promise<void> {
    const { notices } = await stores();
    while (!signal.aborted && !ends.aborted) {
      const taken = await notices.take(source);
      if (taken === null) return;
      const renewing = setInterval(() => void notices.renew(taken.id).catch(ignore), RENEW_INTERVAL);
      await attempt(taken, ends).finally(() => clearInterval(renewing));
    }
  }

  async function attempt(
    { id, source, target: name, message, attempts, age }: WaitingNotice,
    ends: AbortSignal,
  ): Promise<void> {
    const { notices } = await stores();
    const target = (await targetsOf(source)).find((one) => one.id === name);
    if (target === undefined) {
      const { problems } = await loadNotify({ home, env: environment.env }, source);
      const mistake = problems.find(isError);
      if (mistake === undefined) return notices.giveUp(id, null);
      return notices.again(id, "`notify` in the job has mistakes", waitAfter(attempts, Math.random()));
    }
    const { to, problem, isFinal } = await send(target, message, { signal: ends, gracePeriod: GRACE_PERIOD });
    const told = { source, to, state: message.state, message: id };
    if (problem === null) {
      log.info("a change of state was told", told);
      return notices.delivered(id);
    }
    // It was broken off and may have come all the same: not at once, or a slow server gets it again with every command.
    if (ends.aborted) return notices.again(id, problem, waitAfter(attempts, Math.random()));
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
    serve,
    /** What is under way is broken off, after the time that a mail is given, and put back. */
    async close(): Promise<void> {
      end();
      await Promise.allSettled(underWay);
      (await mailer.opened)?.close();
    },
  };
}

const inLanes = (lane: () => Promise<void>): readonly Promise<void>[] => Array.from({ length: LANES }, lane);

/** Another process may take it over then, and it comes twice. */
const ignore = (): void => undefined;
