import type { ProbeOutcome } from "../../domain/live-check";
import type { Log } from "../../domain/log";
import type { BreakerStore } from "../../mirror/login/breaker-store";
import type { LoginSources } from "../open/login-sources";

/** Milliseconds between two looks at a customer's system that does not answer; one process of all looks. */
const PROBE_INTERVAL = 2_000;
/** Milliseconds between two logins that try whether they fare better than the probe. */
const TRY_INTERVAL = 10_000;

interface Services {
  readonly breakers: () => Promise<BreakerStore>;
  readonly sources: LoginSources;
  readonly log: Log;
  readonly now: () => number;
}

/**
 * Opens and closes breakers, by looking at the customer's system with nobody's credential: what people bring opens none. Where that
 * look gets a 5xx, as from an endpoint that knows no GET, a login now and then tries, or the breaker would stay open for ever.
 */
export class Probes {
  readonly #looking = new Map<string, Promise<void>>();
  /** When a login may try next, of those whose probe got an error. */
  readonly #tryAt = new Map<string, number>();

  constructor(private readonly services: Services) {}

  /** A login found nobody there. Looked at once, however many say so at a time. */
  suspect(source: string): void {
    if (this.#looking.has(source)) return;
    const look = this.#look(source)
      .catch((error: unknown) => this.services.log.debug("a customer's system could not be probed", { source, error }))
      .finally(() => this.#looking.delete(source));
    this.#looking.set(source, look);
  }

  mayTry(source: string): boolean {
    const at = this.#tryAt.get(source);
    const now = performance.now();
    if (at === undefined || now < at) return false;
    this.#tryAt.set(source, now + TRY_INTERVAL);
    return true;
  }

  answered(source: string): Promise<void> {
    return this.#found(source, "answers");
  }

  /** Looks again at those that did not answer. */
  async round(): Promise<void> {
    const breakers = await this.services.breakers();
    for (const source of await breakers.open()) this.suspect(source);
    await this.settled();
  }

  /** Once no look is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#looking.values());
  }

  async #look(source: string): Promise<void> {
    const { sources, now } = this.services;
    const breakers = await this.services.breakers();
    const { live, policy } = await sources.find(source);
    if (!(await breakers.claimProbe(source, now(), PROBE_INTERVAL))) return;
    await this.#found(source, await live.probe(AbortSignal.timeout(policy.deadline)).catch(() => "silent" as const));
  }

  async #found(source: string, outcome: ProbeOutcome): Promise<void> {
    const { log, now } = this.services;
    const answers = outcome === "answers";
    if (outcome !== "fails") this.#tryAt.delete(source);
    else if (!this.#tryAt.has(source)) this.#tryAt.set(source, performance.now() + TRY_INTERVAL);
    const breakers = await this.services.breakers();
    const openSince = await breakers.set(source, answers, now());
    if (answers && openSince !== null)
      log.info("the customer's system answers logins again", { source, afterMs: now() - openSince });
    if (!answers && openSince === null)
      log.warn("the customer's system is out of reach; logins are answered by the mirror", { source });
  }
}
