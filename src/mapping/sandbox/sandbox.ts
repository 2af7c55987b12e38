import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Failure } from "../../domain/errors";
import type { JsonObject } from "../../domain/json";
import { expressionMisfit } from "../expression-misfit";
import { Misfit } from "../misfit";
import type { PreparedRecord } from "../prepare-record";

interface SandboxSource {
  readonly text: string;
  /** Names of the `let`s it reads. */
  readonly uses: readonly string[];
}

/** A mapping's expressions, known to the process by their numbers. */
export interface SandboxProgram {
  readonly lets: Readonly<Record<string, SandboxSource>>;
  readonly expressions: readonly SandboxSource[];
}

/** What is asked, and of which records. */
export interface SandboxQuestion {
  readonly which: readonly number[];
  readonly records: readonly PreparedRecord[];
  readonly parent: JsonObject | undefined;
}

/** The same as it is sent. */
export interface SandboxRequest extends Omit<SandboxQuestion, "records"> {
  readonly records: readonly JsonObject[];
}

/** What came of one expression over one record. */
export type SandboxAnswer =
  | { readonly value: unknown }
  | {
      readonly error: {
        readonly code: string | null;
        readonly token: string | null;
        /** What the engine said when it ran out of stack or of room for a text or list. */
        readonly outOfRange: string | null;
      };
    };

/** The value an expression gave, or why it gave none. */
export type Outcome = { readonly value: unknown } | { readonly misfit: Misfit };

/** Milliseconds a record may take. */
const DEADLINE = 2_000;
/** Milliseconds the process may take to start or to receive records: a busy machine is no reason to fail a run. */
const START = 20_000;
/** Megabytes; what is left of 128 is Node itself, and what V8 takes before it looks. */
const HEAP = 56;
/** Records sent at once, and values in them: enough to hide the way there and back, few enough not to hold up timers. */
const BATCH = { records: 64, values: 20_000 };
/** Values of a record that fit into the process, with room for something to be done with them. */
const LARGEST = 600_000;
/** A mapping that had to be stopped so often will be stopped again. */
const GIVES_UP_AFTER = 10;

/**
 * Where expressions run that nobody can prove to end: another process, with two seconds a record and 128 MiB. What takes
 * more is killed and becomes a misfit of that record; the next record has a fresh process. Started when first asked.
 */
export class Sandbox {
  #process: Promise<ChildProcess> | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #stops = 0;
  #closed = false;

  constructor(
    private readonly program: SandboxProgram,
    private readonly deadline = DEADLINE,
  ) {}

  /** One list of outcomes a record, in order, each holding one outcome for every expression named in `which`. */
  evaluate(question: SandboxQuestion): Promise<readonly (readonly Outcome[])[]> {
    const answers = this.#turn.then(() => this.#evaluate(question));
    this.#turn = answers.catch(() => undefined);
    return answers;
  }

  /** Ends the process at once; callers that wait for it get RUN004. */
  async close(): Promise<void> {
    this.#closed = true;
    const child = await this.#process?.catch(() => null);
    if (child == null || child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  async #evaluate({ which, records, parent }: SandboxQuestion): Promise<readonly (readonly Outcome[])[]> {
    const rows: Outcome[][] = [];
    while (rows.length < records.length) {
      this.#failWhenClosed();
      if (this.#stops >= GIVES_UP_AFTER) {
        rows.push(refused(which, new Misfit("MAP039", `was not tried: it had to be stopped ${GIVES_UP_AFTER} times`)));
        continue;
      }
      const batch = nextBatch(records, rows.length);
      if (batch.length === 0) {
        rows.push(refused(which, TOO_LARGE));
        continue;
      }
      const request = { which, records: batch, parent };
      let asked = await this.#ask(request);
      // It had ended before, unseen: what it never received did not end it.
      if (asked.stopped !== null && !asked.received) asked = await this.#ask(request);
      const { answers, stopped } = asked;
      const outcomes = answers.map(outcomeOf);
      for (let at = 0; at < outcomes.length; at += which.length) rows.push(outcomes.slice(at, at + which.length));
      if (stopped === null || this.#closed) continue;
      this.#stops += 1;
      // What was found of that record before is kept; for the rest its time is over.
      const begun = answers.length % which.length === 0 ? [] : (rows.pop() ?? []);
      rows.push([...begun, ...refused(which.slice(begun.length), stopped)]);
    }
    return rows;
  }

  #failWhenClosed(): void {
    if (this.#closed) throw new Failure("RUN004", "ended while an expression of the mapping was worked out");
  }

  /** The process, started anew when it is gone: what ended it between two batches was none of ours. */
  async #running(): Promise<ChildProcess> {
    if ((await this.#process)?.connected === false) this.#process = null;
    // Closed meanwhile, there is nobody who would end a new one.
    this.#failWhenClosed();
    this.#process ??= startProcess(this.program);
    return this.#process;
  }

  /**
   * Asks for one batch. The answers come in the order of records and, within one, of expressions; `stopped` says why the
   * process ended before the last of them, `received` whether it had the request.
   */
  async #ask(request: SandboxRequest): Promise<{
    readonly answers: readonly SandboxAnswer[];
    readonly stopped: Misfit | null;
    readonly received: boolean;
  }> {
    const child = await this.#running();
    this.#failWhenClosed();
    const wanted = request.records.length * request.which.length;
    const answers: SandboxAnswer[] = [];
    let [late, received] = [false, false];
    const stop = (): void => {
      late = true;
      child.kill("SIGKILL");
    };
    // While it is waited for it must keep us from ending: a process that was killed has no timer left to do so.
    child.ref();
    child.channel?.ref();
    // The way there is not the record's time.
    let deadline = setTimeout(stop, START);
    await new Promise<void>((resolve) => {
      const begin = (): void => {
        received = true;
        clearTimeout(deadline);
        deadline = setTimeout(stop, this.deadline);
        child.on("message", receive);
      };
      const receive = (message: unknown): void => {
        answers.push(message as SandboxAnswer);
        if (answers.length % request.which.length === 0) deadline.refresh();
        if (answers.length === wanted) leave();
      };
      const leave = (): void => {
        clearTimeout(deadline);
        // The end of the process is told after every answer that it had sent.
        child.off("message", begin).off("message", receive).off("disconnect", leave);
        // Closing waits for its end.
        if (!this.#closed) forget(child);
        resolve();
      };
      child.once("message", begin).once("disconnect", leave);
      child.send(request, ignore);
    });
    if (answers.length === wanted) return { answers, stopped: null, received };
    const stopped = late
      ? new Misfit("MAP037", "cannot be computed: it ran longer than two seconds")
      : new Misfit("MAP038", "cannot be computed: it took more than 128 MiB of memory");
    return { answers, stopped, received };
  }
}

const TOO_LARGE = new Misfit("MAP038", "cannot be computed: the record is too large");

/** The records from `start` on that go together; none when the first is too large. */
function nextBatch(records: readonly PreparedRecord[], start: number): readonly JsonObject[] {
  const batch: JsonObject[] = [];
  let values = 0;
  for (const { record, size } of records.slice(start, start + BATCH.records)) {
    values += size;
    if (size > LARGEST || (batch.length > 0 && values > BATCH.values)) break;
    batch.push(record);
  }
  return batch;
}

const refused = (which: readonly number[], misfit: Misfit): Outcome[] => which.map(() => ({ misfit }));

/** What cannot be sent any more is told by the end of the process. */
const ignore = (): void => undefined;

function outcomeOf(answer: SandboxAnswer): Outcome {
  if ("value" in answer) return answer;
  const { outOfRange } = answer.error;
  return { misfit: expressionMisfit(outOfRange === null ? answer.error : new RangeError(outOfRange)) };
}

/** A process that is forgotten keeps nobody from ending, and ends itself when we do. */
function forget(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}

async function startProcess(program: SandboxProgram): Promise<ChildProcess> {
  const child = fork(join(__dirname, "sandbox-process.cjs"), [], {
    // Nothing of ours is to be found there: no environment but the time zone of every process of ours, no streams.
    env: { TZ: "UTC" },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    serialization: "advanced",
    execArgv: [`--max-old-space-size=${HEAP}`, "--max-semi-space-size=2"],
  });
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), START);
  const { signal } = timeout;
  try {
    const ready = once(child, "message", { signal });
    child.on("error", ignore);
    child.send(program, ignore);
    await Promise.race([
      ready,
      once(child, "exit", { signal }).then(([code]) => Promise.reject(new Error(`exit ${code}`))),
    ]);
    forget(child);
    return child;
  } catch (error) {
    child.kill("SIGKILL");
    throw new Failure("RUN010", "the process in which some expressions of the mapping run could not be started", {
      fix: "look for a lack of memory or a limit on processes on this machine",
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}
