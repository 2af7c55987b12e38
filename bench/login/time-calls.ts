import { Agent, type OutgoingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";
import { median } from "../median";
import { WrongWork } from "../sync/wrong-work";

/** Of one way to answer. Milliseconds; `perSecond` with as many callers at once as told. */
export interface Timing {
  readonly perSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

/** Calls one after the other tell how long one takes, calls together how many there are in a second. */
export interface Terms {
  readonly warmUp: number;
  readonly alone: number;
  readonly together: number;
  readonly callers: number;
}

/** @param call does one thing and sees that it was done right; its argument counts up */
export async function timeCalls(call: (n: number) => Promise<void>, terms: Terms): Promise<Timing> {
  const { warmUp, alone, together, callers } = terms;
  let n = 0;
  while (n < warmUp) await call(n++);
  const times: number[] = [];
  for (let i = 0; i < alone; i += 1) times.push(await timeOf(() => call(n++)));
  const last = n + together;
  const all = await timeOf(() =>
    Promise.all(
      Array.from({ length: callers }, async () => {
        while (n < last) await call(n++);
      }),
    ),
  );
  return { perSecond: (together / all) * 1000, medianMs: median(times), p99Ms: percentile(times, 0.99) };
}

/** Milliseconds. */
export async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** By nearest rank. */
const percentile = (numbers: readonly number[], share: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.ceil(numbers.length * share) - 1] ?? Number.NaN;

/** Asks over connections that are kept, as applications do. */
export class Caller {
  readonly #agent = new Agent({ keepAlive: true });

  constructor(
    private readonly url: string,
    private readonly key: string,
  ) {}

  /** @throws WrongWork for any status but 200 */
  async post<T>(
    path: string,
    type: "application/json" | "application/x-www-form-urlencoded",
    body: string,
  ): Promise<T> {
    const headers = { "content-type": type, "content-length": Buffer.byteLength(body) };
    return JSON.parse(await this.#ask("POST", path, headers, body)) as T;
  }

  /** @throws WrongWork for any status but 200 */
  async get(path: string): Promise<string> {
    return this.#ask("GET", path, {}, "");
  }

  async #ask(method: string, path: string, headers: OutgoingHttpHeaders, body: string): Promise<string> {
    return new Promise<string>((resolve, reject) => {
      const options = { method, agent: this.#agent, headers: { authorization: `Bearer ${this.key}`, ...headers } };
      const sent = request(this.url + path, options, (response) => {
        text(response).then((said) => {
          if (response.statusCode === 200) resolve(said);
          else reject(new WrongWork(`${path} answered ${response.statusCode}: ${said}`));
        }, reject);
      });
      sent.on("error", reject).end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
