import { setTimeout as delay } from "node:timers/promises";

/** Asks again and again until the answer satisfies; the last answer is told when it never does. For what announces itself nowhere. */
export async function eventually<T>(
  ask: () => Promise<T>,
  satisfies: (answer: T) => boolean,
  patience = 60_000,
): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`it never came to be; at last: ${JSON.stringify(answer)}`);
    await delay(100);
  }
}
