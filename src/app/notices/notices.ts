import { randomUUID } from "node:crypto";
import { loadNotify } from "../../config/load-notify";
import type { SourceStatus } from "../../domain/answers";
import type { App } from "../../domain/app";
import { Failure, hasErrors } from "../../domain/errors";
import type { NotifyTarget, NotifyTest } from "../../domain/notify";
import { limitTime } from "../../domain/time-limit";
import { TimeSlice } from "../../domain/time-slice";
import { type Adapters, refuse } from "../open/adapters";
import { createDelivery } from "./deliver-notices";

/** How long a command stays at its end for the messages that it has caused. */
const TELL_TIMEOUT = 15_000;
/** How long a person who tries it out waits, in milliseconds: a mail server may take ten minutes. */
const TEST_TIMEOUT = 30_000;

/**
 * Tells the recipients that a job names when the state of its source changes. What to tell is found by comparing what
 * `status` says with what was told last, so a process that dies before it has told leaves it to the next one; the
 * messages themselves are rows, sent by any process that is alive.
 */
export function createNotices(adapters: Adapters, questions: Pick<App, "showSource">) {
  const { home, environment, stores, log } = adapters;
  const targetsOf = createTargetLookup(adapters);
  const { send, deliver, serve, close } = createDelivery(adapters, targetsOf);

  /** The state as it is now, against what was told last. A source without recipients costs nothing. */
  async function settle(status: SourceStatus): Promise<void> {
    const { source, state, sentence, lastRun } = status;
    if (state === "running") return;
    const targets = await targetsOf(source);
    if (targets.length === 0) return;
    const { notices } = await stores();
    const at = new Date().toISOString();
    await notices.settle(source, state, (was) =>
      targets
        .filter(({ on }) => on.includes(state) && !isNoNews(was, state))
        .map(({ id }) => ({
          target: id,
          message: {
            id: randomUUID(),
            source,
            state,
            was,
            sentence,
            run: lastRun?.run ?? null,
            outcome: lastRun?.outcome ?? null,
            at,
          },
        })),
    );
  }

  /** A message that cannot be sent must not fail the run it is about. */
  const quietly = async (work: Promise<void>): Promise<void> => {
    await work.catch((error: unknown) => log.warn("a change of state could not be told", { error }));
  };

  async function settleAndDeliver(source: string, signal: AbortSignal): Promise<void> {
    if ((await targetsOf(source)).length === 0) return;
    await settle(await questions.showSource(source));
    // A mail that takes longer goes on: whoever hangs up has sent it and sends it again.
    await Promise.race([quietly(deliver(source, signal)), abortOf(signal)]);
  }

  return {
    /** After anything that may have changed the state of a source; soon over, because somebody waits for it. */
    async look(source: string, signal?: AbortSignal): Promise<void> {
      const limit = limitTime(TELL_TIMEOUT, signal);
      await quietly(settleAndDeliver(source, limit.signal)).finally(limit.release);
    },
    async settleAll(all: readonly SourceStatus[]): Promise<void> {
      const slice = new TimeSlice();
      for (const status of all) {
        await quietly(settle(status));
        if (slice.isOver) await slice.giveWay();
      }
    },
    /** @throws Failure USE002, NTF001, and InvalidFiles */
    async test(source: string, signal: AbortSignal, timeout = TEST_TIMEOUT): Promise<readonly NotifyTest[]> {
      await questions.showSource(source);
      const { targets, problems } = await loadNotify({ home, env: environment.env }, source);
      refuse(problems);
      if (targets.length === 0)
        throw new Failure("NTF001", `nobody is told about \`${source}\`: its job has no \`notify\``, {
          fix: `describe who is to be told in jobs/${source}.yaml`,
        });
      const message = { state: "test", was: null, run: null, outcome: null, at: new Date().toISOString() } as const;
      const sentence = `This is a test: its receivers are told when \`${source}\` is no longer as it was.`;
      const limit = limitTime(timeout, signal);
      const late = `the mail server did not answer within ${timeout / 1_000} s; the mail may still come`;
      const tests = targets.map(async (target) => {
        const notice = { id: randomUUID(), source, sentence, ...message };
        const { to, problem } = await send(target, notice, { signal: limit.signal, gracePeriod: 0 });
        const isLate = problem !== null && target.kind === "email" && limit.signal.aborted && !signal.aborted;
        return { target: target.kind, to, delivered: problem === null, problem: isLate ? late : problem };
      });
      return Promise.all(tests).finally(limit.release);
    },
    serve,
    targetsOf,
    close,
  };
}

export type Notices = ReturnType<typeof createNotices>;

/** The recipients that the job of a source names. */
function createTargetLookup({ home, environment, log }: Adapters) {
  /** As they were before somebody broke or removed the file: that is just what they are to be told. */
  const lastGood = new Map<string, readonly NotifyTarget[]>();

  return async (source: string): Promise<readonly NotifyTarget[]> => {
    const { isThere, targets: read, problems } = await loadNotify({ home, env: environment.env }, source);
    const isLost = !isThere || hasErrors(problems);
    const targets = isLost ? (lastGood.get(source) ?? []) : read;
    lastGood.set(source, targets);
    for (const target of targets)
      if (target.kind === "webhook") {
        const secrets = [target.url.reveal(), target.secret?.reveal() ?? ""];
        log.maskValues(secrets.filter((secret) => secret !== ""));
      }
    return targets;
  };
}

const abortOf = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** A source that nobody was told about yet, and that is fresh or was never read, is as everybody expects it to be. */
const isNoNews = (was: string | null, state: string): boolean =>
  (was === null || was === "never") && ["fresh", "never"].includes(state);
