import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { makeTemporaryHome } from "../../demo/temporary-home";
import { type App, openApp } from "../../src/app";
import { answerOf } from "../answer-of";
import { median } from "../median";
import { describeMachine, type Machine } from "../sync/machine";
import { machineText } from "../sync/results-text";
import { WrongWork } from "../sync/wrong-work";
import { PASSWORD, USERS } from "./people";
import { Caller, type Terms, type Timing, timeCalls, timeOf } from "./time-calls";

/** What an answer of the mirror may take beside hashing, at the median. */
const REST_LIMIT_MS = 5;
const CALLERS = 8;
/** Whose tokens are asked about. */
const SESSIONS = 20;

interface LoginSummary {
  readonly machine: Machine;
  readonly callers: number;
  readonly live: Timing;
  readonly mirror: Timing;
  readonly introspection: Timing;
  /** Medians of tens of logins, of what they took to hash, and of what is left. */
  readonly hashing: { readonly loginMs: number; readonly hashMs: number; readonly restMs: number };
  readonly limit: { readonly restMs: number; readonly met: boolean };
}

interface Options {
  /** Logins a measurement. */
  readonly logins: number;
  readonly json: boolean;
}

/** Null when the arguments are not understood. */
function readOptions(args: readonly string[]): Options | null {
  try {
    const options = {
      logins: { type: "string", default: "200" },
      json: { type: "boolean", default: false },
    } as const;
    const { values } = parseArgs({ args: [...args], options });
    const logins = Number(values.logins);
    return Number.isInteger(logins) && logins >= 10 && logins <= USERS / 4 ? { logins, json: values.json } : null;
  } catch {
    return null;
  }
}

/**
 * Measures logins that the customer's system answers, logins that the mirror answers, and introspection, by a `serve` of its own
 * and with passwords hashed as in production. Resolves to the exit code, 1 when the mirror takes longer than it may beside
 * hashing; null for arguments not understood.
 *
 * @throws WrongWork when something was answered otherwise than it should
 */
export async function runLoginBench(checkout: string, args: readonly string[]): Promise<number | null> {
  const options = readOptions(args);
  if (options === null) return null;
  const closing: (() => Promise<unknown> | unknown)[] = [];
  try {
    const summary = await measure(checkout, options, closing);
    console.log(options.json ? JSON.stringify(summary, null, 2) : textOf(summary));
    return summary.limit.met ? 0 : 1;
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

async function measure(
  checkout: string,
  { logins }: Options,
  closing: (() => Promise<unknown> | unknown)[],
): Promise<LoginSummary> {
  const home = await makeTemporaryHome("understudy-bench-", [{ from: join(checkout, "bench/login/home"), to: "." }]);
  closing.push(home.remove);
  const customer = fork(join(__dirname, "customer-process.js"));
  closing.push(() => customer.disconnect());
  const env = { BENCH_URL: (await answerOf<{ url: string }>(customer)).url };

  const app = await openApp({ home: home.folder, env, logLevel: "error" });
  closing.push(app.close);
  console.error(`${USERS} people are read`);
  const { key, postgres } = await prepare(app);
  const { url, end } = await serve(home.folder, env);
  closing.push(end);
  const caller = new Caller(url, key);
  closing.push(() => caller.close());

  const terms: Terms = { warmUp: Math.ceil(logins / 4), alone: logins, together: 2 * logins, callers: CALLERS };
  console.error("live");
  const live = await timeCalls((n) => login(caller, n, "live").then(() => undefined), terms);
  const tokens: string[] = [];
  for (let n = 0; n < SESSIONS; n += 1) tokens.push((await login(caller, n, "live", true)).tokens.accessToken);
  console.error("introspection");
  const introspection = await timeCalls((n) => introspect(caller, tokens[n % tokens.length] ?? ""), {
    warmUp: logins,
    alone: 5 * logins,
    together: 10 * logins,
    callers: CALLERS,
  });

  customer.send("leave");
  await answerOf(customer);
  // Until its breaker is open, the customer's system is asked in vain.
  while ((await login(caller, 0, null)).upstream.afterMs > 0) await login(caller, 1, null);
  console.error("mirror");
  const mirror = await timeCalls((n) => login(caller, n, "mirror").then(() => undefined), terms);
  const hashing = await splitLogins(caller, logins);
  const met = hashing.restMs < REST_LIMIT_MS;
  const machine = describeMachine(postgres);
  return { machine, callers: CALLERS, live, mirror, introspection, hashing, limit: { restMs: REST_LIMIT_MS, met } };
}

async function prepare(app: App): Promise<{ readonly key: string; readonly postgres: string }> {
  const report = await app.sync({
    source: "bench",
    only: null,
    user: null,
    full: false,
    planId: null,
    wait: false,
    trigger: { kind: "cli", by: "bench", reason: null },
    onEvent: () => undefined,
    signal: new AbortController().signal,
  });
  if (report.outcome !== "ok") throw new WrongWork(`the bench's people were not read: ${report.error?.message}`);
  const asked = {
    name: "bench",
    sources: ["bench"],
    scopes: ["login", "introspect"],
    until: null,
    by: "bench",
  } as const;
  const { key } = await app.createKey(asked);
  const checks = await app.doctor();
  const postgres = /PostgreSQL ([\d.]+)/.exec(checks.map(({ message }) => message).join(" "))?.[1] ?? "";
  return { key, postgres };
}

/** A `serve` as in production, in a process of its own. */
async function serve(
  home: string,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly url: string; readonly end: () => Promise<unknown> }> {
  const given = {
    ...process.env,
    ...env,
    UNDERSTUDY_HOME: home,
    DATABASE_URL: "",
    REDIS_URL: "",
    LOG_FORMAT: "json",
    LOG_LEVEL: "info",
  };
  const child = spawn(process.execPath, [join(__dirname, "../../../bin/understudy.js"), "serve", "--port", "0"], {
    env: given,
    stdio: ["ignore", "ignore", "pipe"] as const,
  });
  const exited = once(child, "exit");
  let url = "";
  for await (const line of createInterface({ input: child.stderr })) {
    const said = JSON.parse(line) as { message: string; url?: string };
    if (said.message === "listening") url = said.url ?? "";
    if (said.message === "ready") break;
  }
  // Or the process waits for somebody to read.
  child.stderr.resume();
  if (url === "") throw new WrongWork("the server did not start");
  return {
    url,
    end: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

interface LetIn {
  readonly basis: string;
  readonly upstream: { readonly afterMs: number };
  readonly tokens: { readonly accessToken: string };
}

/** Somebody else each time. @param basis by which they must be let in; null for any */
async function login(caller: Caller, n: number, basis: "live" | "mirror" | null, tokens = false): Promise<LetIn> {
  const body = { source: "bench", login: `user${n % USERS}`, password: PASSWORD, tokens };
  const answer = await caller.post<LetIn>("/v1/login", "application/json", JSON.stringify(body));
  if (basis !== null && answer.basis !== basis)
    throw new WrongWork(`a login that should be ${basis} was answered ${JSON.stringify(answer)}`);
  return answer;
}

async function introspect(caller: Caller, token: string): Promise<void> {
  const { active } = await caller.post<{ active: boolean }>(
    ...(["/v1/introspect", "application/x-www-form-urlencoded", new URLSearchParams({ token }).toString()] as const),
  );
  if (!active) throw new WrongWork("a token that is good was told to be none");
}

/** By tens, for to ask what they took to hash, of the process that answered them, takes longer than what is left of one. */
async function splitLogins(caller: Caller, logins: number): Promise<LoginSummary["hashing"]> {
  const tens: { readonly loginMs: number; readonly hashMs: number }[] = [];
  for (let n = 0; n < logins; n += 10) {
    const before = await hashMs(caller);
    let took = 0;
    for (let i = n; i < n + 10; i += 1) took += await timeOf(() => login(caller, i, "mirror"));
    tens.push({ loginMs: took / 10, hashMs: ((await hashMs(caller)) - before) / 10 });
  }
  return {
    loginMs: median(tens.map((ten) => ten.loginMs)),
    hashMs: median(tens.map((ten) => ten.hashMs)),
    restMs: median(tens.map((ten) => ten.loginMs - ten.hashMs)),
  };
}

/** What every hash so far took. */
async function hashMs(caller: Caller): Promise<number> {
  const [, seconds] = /^understudy_login_hash_seconds_total (\S+)$/m.exec(await caller.get("/metrics")) ?? [];
  if (seconds === undefined) throw new WrongWork("the metrics say nothing of what hashing takes");
  return Number(seconds) * 1000;
}

function textOf({ machine, callers, live, mirror, introspection, hashing, limit }: LoginSummary): string {
  const ms = (value: number) => `${value.toFixed(1)} ms`.padStart(9);
  const line = (name: string, { perSecond, medianMs, p99Ms }: Timing) =>
    `${name.padEnd(14)} ${perSecond.toFixed(0).padStart(6)} a second   median ${ms(medianMs)}   p99 ${ms(p99Ms)}`;
  return [
    machineText(machine),
    line("live", live),
    line("mirror", mirror),
    line("introspection", introspection),
    `Latency of one caller alone; a second of ${callers} at once.`,
    `Of the mirror's ${ms(hashing.loginMs).trim()}, hashing is ${ms(hashing.hashMs).trim()} and everything else ${ms(hashing.restMs).trim()} (limit ${limit.restMs} ms): ${limit.met ? "met" : "not met"}.`,
  ].join("\n");
}
