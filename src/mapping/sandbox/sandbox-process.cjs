// @ts-check
"use strict";
/**
 * Works out expressions that nobody can prove to end, for the process that started it: a process of its own, which
 * `sandbox.ts` kills when a record takes too long and which V8 ends when it takes too much memory. It holds no secret and
 * opens nothing. Plain JavaScript, for it runs as it stands both from `src/` (under a test runner) and `dist/`.
 *
 *     { lets, expressions }       the mapping's, once            ->  { ready: true }
 *     { which, records, parent }  expressions, by number         ->  { received: true }, then an outcome for each
 *                                                                   record and expression, in order
 *
 * Expressions are the reference interpreter's from beginning to end, a `let` and what reads it alike.
 */
const { serialize } = require("node:v8");
const { Worker } = require("node:worker_threads");
const jsonata = require("jsonata");

/** @typedef {import("./sandbox").SandboxProgram} SandboxProgram */
/** @typedef {import("./sandbox").SandboxRequest} SandboxRequest */
/** @typedef {import("./sandbox").SandboxAnswer} SandboxAnswer */
/** @typedef {{ evaluate: (record: unknown, bindings: Record<string, unknown>) => Promise<unknown>, uses: readonly string[] }} Interpreted */

const MOST_MEMORY = 128 * 1024 * 1024;
const LARGEST_ANSWER = 1024 * 1024;
const FUNCTION = { _jsonata_lambda: true };
/** A record that its parent did not end by then has no parent any more. */
const ORPHAN_AFTER_MS = 5_000;

/** What calls itself without end is told so, instead of by the memory it takes. */
const DEEPEST = 500;

/** @typedef {(this: object, ...args: unknown[]) => unknown} Implementation */

/** The interpreter's own code of some functions. @type {Record<"toMillis" | "replace" | "formatNumber", Implementation>} */
const own = Object.create(null);
const entry = jsonata("null");
entry.assign(
  // Called synchronously before anything is evaluated, with the frame in which the builtins are bound.
  /** @type {string} */ (/** @type {unknown} */ (Symbol.for("jsonata.__evaluate_entry"))),
  /** @param {unknown} _ast @param {unknown} _input @param {any} environment */ (_ast, _input, environment) => {
    for (const name of /** @type {const} */ (["toMillis", "replace", "formatNumber"]))
      own[name] = environment.lookup(name).implementation;
  },
);
void entry.evaluate(null);

/** What a picture lacks must not be filled in from today: no result may depend on when it is worked out. */
const NO_DAY = {
  getUTCFullYear() {
    throw { code: "D3136", token: "toMillis" };
  },
};

/**
 * Functions that differ from the interpreter's own, by name and signature: by a function handed to it in the place of a text it
 * would write its own source. Their parameters are counted, and the names read, when they are handed to others or called in part.
 * @type {readonly (readonly [string, (this: any, ...args: any[]) => unknown, string])[]}
 */
const DIFFERENT = [
  [
    "toMillis",
    (timestamp, picture) => own.toMillis.call({ environment: { timestamp: NO_DAY } }, timestamp, picture),
    "<s-s?:n>",
  ],
  [
    "replace",
    function (str, pattern, replacement, limit) {
      if (typeof str === "string" && typeof pattern === "string" && isFunction(replacement))
        throw { code: "T0410", token: "replace" };
      return own.replace.call(this, str, pattern, replacement, limit);
    },
    "<s-(sf)(sf)n?:s>",
  ],
  [
    "formatNumber",
    function (value, picture, options) {
      if (Object.values(options ?? {}).some(isFunction)) throw { code: "T0410", token: "formatNumber" };
      return own.formatNumber.call(this, value, picture, options);
    },
    "<n-so?:s>",
  ],
];

/** No text stands where such a value is: of one that a call in tail position is handed, the interpreter makes an object. */
const isFunction = (/** @type {unknown} */ value) =>
  typeof value === "function" || (typeof value === "object" && value !== null);

/** @type {Map<string, Interpreted>} */
const lets = new Map();
/** @type {Interpreted[]} */
const expressions = [];
/** Odd while a record is worked on, and another number for each. */
const beat = new Int32Array(new SharedArrayBuffer(4));

process.on("message", (message) => {
  const received = /** @type {SandboxProgram | SandboxRequest} */ (message);
  if ("expressions" in received) {
    for (const [name, source] of Object.entries(received.lets)) lets.set(name, interpreted(source));
    expressions.push(...received.expressions.map(interpreted));
    process.send?.({ ready: true });
  } else void answer(received);
});
process.on("disconnect", () => process.exit());
watchOver();

/**
 * @param {SandboxProgram["expressions"][number]} source
 * @returns {Interpreted}
 */
function interpreted({ text, uses }) {
  const expression = jsonata(text, { stack: DEEPEST });
  for (const [name, implementation, signature] of DIFFERENT)
    expression.registerFunction(name, implementation, signature);
  // Groups, transformations and `[]` may change what they read, and the record is not theirs alone.
  const mayChange = /[{|[]/.test(text);
  return {
    evaluate: (record, bindings) => expression.evaluate(mayChange ? structuredClone(record) : record, bindings),
    uses,
  };
}

/** @param {SandboxRequest} request */
async function answer({ which, records, parent }) {
  process.send?.({ received: true });
  for (const record of records) {
    beatOnce();
    const known = new Map();
    for (const index of which) {
      const outcome = await outcomeOf(expressions[index], record, parent, known);
      // Sent before the next one begins, so that what ends this process is the first without an answer.
      await new Promise((sent) => process.send?.(outcome, sent));
    }
    beatOnce();
  }
}

function beatOnce() {
  Atomics.add(beat, 0, 1);
  Atomics.notify(beat, 0);
}

/**
 * @param {Interpreted | undefined} expression
 * @param {unknown} record
 * @param {unknown} parent
 * @param {Map<string, Promise<unknown>>} known values of `let`, each worked out once a record
 * @returns {Promise<SandboxAnswer>}
 */
async function outcomeOf(expression, record, parent, known) {
  if (expression === undefined) throw new Error("an expression that is not in the program");
  try {
    return { value: asAnswer(await evaluate(expression, record, parent, known)) };
  } catch (error) {
    const { code = null, token = null } = /** @type {{ code?: unknown, token?: unknown }} */ (error ?? {});
    const outOfRange = error instanceof RangeError ? error.message : null;
    return { error: { code: textOrNull(code), token: textOrNull(token), outOfRange } };
  }
}

/**
 * @param {Interpreted} expression
 * @param {unknown} record
 * @param {unknown} parent
 * @param {Map<string, Promise<unknown>>} known
 * @returns {Promise<unknown>}
 */
async function evaluate(expression, record, parent, known) {
  /** @type {Record<string, unknown>} */
  const bindings = { parent };
  for (const name of expression.uses) {
    const source = lets.get(name);
    if (source === undefined) continue;
    if (!known.has(name)) known.set(name, evaluate(source, record, parent, known));
    bindings[name] = await known.get(name);
  }
  // The interpreter may add to a list of the record's own.
  return expression.evaluate(structuredClone(record), bindings);
}

/**
 * A value as it may leave the process: what is larger is none that a field could hold, and would only burden who asked. A
 * function cannot leave it; in its place goes what is told from data as the interpreter's own functions are.
 * @param {unknown} value
 */
function asAnswer(value) {
  if (typeof value === "function") return FUNCTION;
  if (typeof value !== "string" && (typeof value !== "object" || value === null)) return value;
  let size = 0;
  try {
    size = typeof value === "string" ? value.length : serialize(value).length;
  } catch {
    return FUNCTION;
  }
  if (size > LARGEST_ANSWER) throw new RangeError("too long a value");
  return value;
}

/** @param {unknown} value */
function textOrNull(value) {
  return typeof value === "string" ? value : null;
}

/**
 * While a record is worked on nothing is heard, not even that the parent was killed, and V8 looks at its own heap only now
 * and then: a thread looks after both.
 */
function watchOver() {
  const look = `
    const { workerData: beat } = require("node:worker_threads");
    for (let seen = 0, since = Date.now(); ; ) {
      const now = Atomics.load(beat, 0);
      if (now !== seen) [seen, since] = [now, Date.now()];
      const isIdle = now % 2 === 0;
      Atomics.wait(beat, 0, now, isIdle ? Infinity : 5);
      if (isIdle || Atomics.load(beat, 0) !== now) continue;
      if (process.memoryUsage.rss() > ${MOST_MEMORY} || Date.now() - since > ${ORPHAN_AFTER_MS}) process.kill(process.pid, "SIGKILL");
    }`;
  new Worker(look, { eval: true, workerData: beat, resourceLimits: { maxOldGenerationSizeMb: 8 } }).unref();
}
