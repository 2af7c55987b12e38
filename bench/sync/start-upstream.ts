import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { answerOf } from "../answer-of";
import type { State } from "./synthetic-users";

/** The made-up API in its own process. */
export interface BenchUpstream {
  readonly url: string;
  /** Resolves when it answers so. */
  show(state: State): Promise<void>;
  /** So far. */
  requests(): Promise<number>;
  stop(): Promise<void>;
}

/** It ends with `stop`, or with this process. */
export async function startUpstream(users: number): Promise<BenchUpstream> {
  const child = fork(join(__dirname, "upstream-process.js"), [String(users)]);
  const ask = <T>(message: State | "requests"): Promise<T> => {
    const answer = answerOf<T>(child);
    child.send(message);
    return answer;
  };
  const { url } = await answerOf<{ url: string }>(child);
  return {
    url,
    show: async (state) => void (await ask(state)),
    requests: async () => (await ask<{ requests: number }>("requests")).requests,
    async stop() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}
