import { setTimeout as delay } from "node:timers/promises";

/** Until it is asked again: soon at first, then less often, since who asks without a pause takes the time from whom it waits for. */
const [SHORTEST, LONGEST] = [5, 100];

/** Asks again and again until the answer satisfies; the last answer is told when it never does. For what announces itself nowhere. */
export async function eventually<T>(
  ask: () => Promise<T>,
  satisfies: (answer: T) => boolean,
  patience = 60_000,
): Promise<T> {
  const deadline = Date.now() + patience;
  for (let pause = SHORTEST; ; pause = Math.min(2 * pause, LONGEST)) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`it never came to be; at last: ${JSON.stringify(answer)}`);
    await delay(pause);
  }
}
