import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { counterIn } from "./counter-in";

export interface LoginMetrics {
  /** @param seconds from the request's arrival to its answer */
  login(source: string, answer: { readonly result: string; readonly basis?: string }, seconds: number): void;
  renewal(result: "accepted" | "refused"): void;
  logout(): void;
  /** Without a good key, or with one that is not for what was asked. */
  turnedAway(status: number): void;
}

/** Hashes of passwords that are under way, those that wait for their turn, and how many took how long so far. */
export interface Hashing {
  readonly running: number;
  readonly waiting: number;
  readonly made: number;
  readonly seconds: number;
}

/** Of a process that answers no logins. */
export const NO_HASHES: Hashing = { running: 0, waiting: 0, made: 0, seconds: 0 };

/** Seconds. From the mirror it takes a tenth, of which most is hashing; the deadline of a live check is some seconds. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What the API of this process answered. Labels are sources and outcomes, never people. */
export function createLoginMetrics(registry: Registry, hashing: () => Promise<Hashing>): LoginMetrics {
  const registers = [registry];
  const counter = counterIn(registry);
  const logins = counter("logins_total", "Logins answered by this process", ["source", "result", "basis"]);
  const durations = new Histogram({
    name: "understudy_login_duration_seconds",
    help: "How long logins took to answer",
    labelNames: ["source", "basis"] as const,
    buckets: DURATIONS,
    registers,
  });
  const renewals = counter("session_renewals_total", "Renewals of sessions by this process", ["result"]);
  const logouts = counter("logouts_total", "Sessions that were ended by their holders", []);
  const refusals = counter("api_turned_away_total", "Requests without a good key for them", ["status"]);
  new Gauge({
    name: "understudy_login_hashes",
    help: "Hashes of passwords of this process, under way and waiting",
    labelNames: ["state"] as const,
    registers,
    async collect() {
      const { running, waiting } = await hashing();
      this.set({ state: "running" }, running);
      this.set({ state: "waiting" }, waiting);
    },
  });
  const soFar = (name: string, help: string, of: "made" | "seconds") =>
    new Counter({
      name: `understudy_login_${name}_total`,
      help,
      registers,
      async collect() {
        this.reset();
        this.inc((await hashing())[of]);
      },
    });
  soFar("hashes_made", "Hashes of passwords that this process made or compared", "made");
  soFar("hash_seconds", "Seconds that those took, without waiting for their turn", "seconds");

  return {
    login(source, { result, basis = "none" }, seconds) {
      logins.inc({ source, result, basis });
      durations.observe({ source, basis }, seconds);
    },
    renewal: (result) => renewals.inc({ result }),
    logout: () => logouts.inc(),
    turnedAway: (status) => refusals.inc({ status: String(status) }),
  };
}
