"use strict";
/**
 * Loaded with --require: counts the steps of a process, a step being one write to a socket that it opened (a statement or a
 * piece of COPY data to Postgres, a request to the upstream, a command to Redis), and sends the process a signal as soon as
 * step `at` is handed over. What it is to do comes in TEST_STEPS as JSON, see `steps.ts`; how many steps there were, and what the
 * last one was, is in `file` when the process has ended.
 */
const { writeFileSync } = require("node:fs");
const { Socket } = require("node:net");

const { TEST_STEPS } = process.env;
// The processes that this one starts are not counted.
delete process.env.TEST_STEPS;
if (TEST_STEPS !== undefined) countSteps(JSON.parse(TEST_STEPS));

/** Steps before 1 are none: a signal at step 0 comes before anything was sent. */
function countSteps({ at, signal, to, file }) {
  let steps = 0;
  /** Of each socket that this process opened, what is at its other end. */
  const ends = new WeakMap();
  const { connect, _write, _writev } = Socket.prototype;

  Socket.prototype.connect = function opened(...args) {
    ends.set(this, null);
    return Reflect.apply(connect, this, args);
  };
  Socket.prototype._write = function one(data, encoding, callback) {
    const sent = beginningOf([data]);
    Reflect.apply(_write, this, [data, encoding, callback]);
    step(this, sent);
  };
  Socket.prototype._writev = function several(chunks, callback) {
    const sent = beginningOf(chunks.map(({ chunk }) => chunk));
    Reflect.apply(_writev, this, [chunks, callback]);
    step(this, sent);
  };
  process.on("exit", () => tell(""));
  if (at === 0) die("before anything was sent");

  function step(socket, sent) {
    if (!ends.has(socket)) return;
    if (ends.get(socket) === null) ends.set(socket, endOf(sent));
    if (to !== "all" && ends.get(socket) !== to) return;
    steps += 1;
    if (steps === at) die(`${ends.get(socket)}: ${printable(sent)}`);
  }

  function die(last) {
    tell(last);
    process.kill(process.pid, signal);
  }
  function tell(last) {
    writeFileSync(file, JSON.stringify({ steps, last }));
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
    .slice(0, 300);
