"use strict";
/**
 * Loaded with --require: counts the steps of a process, a step being one write to a socket that it opened (a statement or a
 * piece of COPY data to Postgres, a request to the upstream, a command to Redis), and sends the process a signal as soon as step
 * `at` is handed over. What it is to do comes in TEST_STEPS as JSON, see `steps.ts`; what the steps were is in `file` once it
 * struck, or when the process has ended.
 *
 * A process may have several runs at once (`asRun`), whose steps are counted apart. Whichever comes to its step hands nothing over
 * any more, and the signal is sent when the last has come so far.
 */
const { AsyncLocalStorage } = require("node:async_hooks");
const { writeFileSync } = require("node:fs");
const { Socket } = require("node:net");

/** The place of the run that something is done for; a process has one unless it tells. */
const whose = new AsyncLocalStorage();
let endRun = () => {};

const { TEST_STEPS } = process.env;
// The processes that this one starts are not counted.
delete process.env.TEST_STEPS;
if (TEST_STEPS !== undefined) countSteps(JSON.parse(TEST_STEPS));

exports.asRun = async function asRun(place, work) {
  await whose.run(place, work);
  endRun(place);
};

/** Steps before 1 are none: a signal at step 0 comes before anything is sent. */
function countSteps({ at, signal, to, file }) {
  const runs = at.map((step) => ({ at: step, sent: [], struck: false, hasEnded: false, held: [] }));
  let isStruck = false;
  /** Sockets that this process opened: for which run, and what is at their other end. */
  const ends = new WeakMap();
  const { connect, _write, _writev } = Socket.prototype;

  Socket.prototype.connect = function opened(...args) {
    const run = runs[whose.getStore() ?? 0];
    ends.set(this, { run, end: null });
    unlessHeld(run, () => Reflect.apply(connect, this, args));
    return this;
  };
  Socket.prototype._write = function one(data, encoding, callback) {
    hand(this, [data], () => Reflect.apply(_write, this, [data, encoding, callback]));
  };
  Socket.prototype._writev = function several(chunks, callback) {
    const parts = chunks.map(({ chunk }) => chunk);
    hand(this, parts, () => Reflect.apply(_writev, this, [chunks, callback]));
  };
  endRun = (place) => {
    runs[place].hasEnded = true;
    strikeIfAllHaveCome();
  };
  process.on("exit", tell);
  for (const run of runs) if (run.at === 0) come(run);

  function hand(socket, parts, send) {
    const from = ends.get(socket);
    if (from === undefined) return send();
    unlessHeld(from.run, () => {
      const beginning = beginningOf(parts);
      send();
      from.end ??= endOf(beginning);
      if (to === "all" || from.end === to) step(from.run, `${from.end}: ${printable(beginning)}`);
    });
  }

  function unlessHeld(run, act) {
    if (run.struck && !isStruck) run.held.push(act);
    else act();
  }

  function step(run, said) {
    run.sent.push(said);
    if (run.sent.length === run.at) come(run);
  }

  function come(run) {
    run.struck = true;
    strikeIfAllHaveCome();
  }

  function strikeIfAllHaveCome() {
    if (isStruck || !runs.some(({ struck }) => struck) || !runs.every((run) => run.struck || run.hasEnded)) return;
    isStruck = true;
    tell();
    process.kill(process.pid, signal);
    // Whoever survives the signal goes on.
    for (const { held } of runs) for (const act of held) act();
  }

  function tell() {
    writeFileSync(file, JSON.stringify(runs.map(({ struck, sent }) => ({ struck, sent }))));
  }
}

const beginningOf = (parts) => parts.map((part) => part.slice(0, 400).toString("latin1")).join("");

/** By the first words on a connection: Postgres' startup packet names our queue, Redis' commands are arrays. */
function endOf(first) {
  if (first.startsWith("*")) return "queue";
  if (/^[A-Z]+ \S+ HTTP/.test(first)) return "upstream";
  return first.includes("understudy queue") ? "queue" : "database";
}

const printable = (sent) =>
  sent
    .replace(/[^\x20-\x7e]+/g, " ")
    .trim()
    .slice(0, 200);
