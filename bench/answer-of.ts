import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** The next message of a process of ours. Rejects when the process ends instead. */
export async function answerOf<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController();
  const answer = once(child, "message", { signal: ended.signal }).then(([message]) => message as T);
  const end = once(child, "exit", { signal: ended.signal }).then(() => {
    throw new Error(`the process ${child.spawnargs.slice(1).join(" ")} ended`);
  });
  try {
    return await Promise.race([answer, end]);
  } finally {
    for (const pending of [answer, end]) pending.catch(() => {});
    ended.abort();
  }
}
