import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { answerOf } from "../answer-of";
import type { State } from "./synthetic-users";
import type { Show } from "./upstream-process";

/** The made-up API in its own process. */
export interface BenchUpstream {
  readonly url: string;
  /** Resolves when it shows so many users in that state; at the beginning it shows none. */
  show(state: State, users: number): Promise<void>;
  /** So far. */
  requests(): Promise<number>;
  stop(): Promise<void>;
}

/** It ends with `stop`, or with this process. */
export async function startUpstream(): Promise<BenchUpstream> {
  const child = fork(join(__dirname, "upstream-process.js"));
  const ask = <T>(message: Show | "requests"): Promise<T> => {
    const answer = answerOf<T>(child);
    child.send(message);
    return answer;
  };
  const { url } = await answerOf<{ url: string }>(child);
  return {
    url,
    show: async (state, users) => void (await ask({ state, users })),
    requests: async () => (await ask<{ requests: number }>("requests")).requests,
    async stop() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}
