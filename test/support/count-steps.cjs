"use strict";
/**
 * Loaded with --require: counts the steps of a process, a step being one write to a socket that it opened (a statement or a
 * piece of COPY data to Postgres, a request to the upstream, a command to Redis), and sends the process a signal as soon as step
 * `at` is handed over. What it is to do comes in TEST_STEPS as JSON, see `steps.ts`; what the steps were is in `file` once it
 * struck, or when the process has ended.
 */
const { writeFileSync } = require("node:fs");
const { Socket } = require("node:net");

const { TEST_STEPS } = process.env;
// The processes that this one starts are not counted.
delete process.env.TEST_STEPS;
if (TEST_STEPS !== undefined) countSteps(JSON.parse(TEST_STEPS));

/** Steps before 1 are none: a signal at step 0 comes before anything is sent. */
function countSteps({ at, signal, to, file }) {
  const sent = [];
  let struck = false;
  /** Sockets that this process opened, and what is at their other end. */
  const ends = new WeakMap();
  const { connect, _write, _writev } = Socket.prototype;

  Socket.prototype.connect = function opened(...args) {
    ends.set(this, null);
    return Reflect.apply(connect, this, args);
  };
  Socket.prototype._write = function one(data, encoding, callback) {
    const beginning = beginningOf([data]);
    Reflect.apply(_write, this, [data, encoding, callback]);
    step(this, beginning);
  };
  Socket.prototype._writev = function several(chunks, callback) {
    const beginning = beginningOf(chunks.map(({ chunk }) => chunk));
    Reflect.apply(_writev, this, [chunks, callback]);
    step(this, beginning);
  };
  process.on("exit", tell);
  if (at === 0) strike();

  function step(socket, beginning) {
    if (!ends.has(socket)) return;
    if (ends.get(socket) === null) ends.set(socket, endOf(beginning));
    const end = ends.get(socket);
    if (to !== "all" && end !== to) return;
    sent.push(`${end}: ${printable(beginning)}`);
    if (sent.length === at) strike();
  }

  function strike() {
    struck = true;
    tell();
    process.kill(process.pid, signal);
  }
  function tell() {
    writeFileSync(file, JSON.stringify({ struck, sent }));
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
