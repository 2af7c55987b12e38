import type { RunEvent } from "../domain/run-events";
import { grouped } from "./text/layout";
import type { Output } from "./text/terminal";

export interface Progress {
  readonly follow: (event: RunEvent) => void;
  /** Takes the bars away and shows the cursor again. */
  readonly stop: () => void;
}

interface Stream {
  fetched: number;
  expected: number | null;
  state: "started" | "finished" | "broken";
}

const PHASES = {
  fetch: "fetching",
  compare: "comparing with the mirror",
  confirm: "confirming what is absent",
  apply: "applying",
} as const;

export interface ProgressOptions {
  readonly stderr: Output;
  /** Bars redrawn in place; otherwise a line at every quarter or 10 seconds. */
  readonly live: boolean;
  /** Milliseconds since any fixed moment. */
  readonly now: () => number;
}

/** A run as it goes on, told on standard error. */
export function showProgress(source: string, options: ProgressOptions): Progress {
  return options.live ? showBars(source, options) : showLines(source, options);
}

/** Milliseconds. */
const REDRAW_INTERVAL = 100;
const BAR_WIDTH = 24;
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";

function showBars(source: string, { stderr, now }: ProgressOptions): Progress {
  const streams = new Map<string, Stream>();
  let phase = "";
  let drawn: readonly string[] = [];
  let drawnAt = Number.NEGATIVE_INFINITY;

  const redraw = (): void => {
    const width = (stderr.columns || 80) - 1;
    const names = Math.max(0, ...[...streams.keys()].map((name) => name.length));
    const lines = [
      ...[...streams].map(([name, stream]) => `${name.padEnd(names)}  ${bar(stream)}`),
      `${source}: ${phase}`,
    ].map((line) => line.slice(0, width));
    // Up to the first line, then only what differs is written again.
    const up = drawn.length > 0 ? `\x1b[${drawn.length}A` : HIDE_CURSOR;
    stderr.write(up + lines.map((line, index) => (line === drawn[index] ? "\n" : `\r${line}\x1b[K\n`)).join(""));
    drawn = lines;
    drawnAt = now();
  };
  // A process that is made to end at once must not leave the terminal without a cursor.
  const showCursor = (): void => void stderr.write(SHOW_CURSOR);
  process.once("exit", showCursor);

  return {
    follow(event) {
      if (event.type === "phase") phase = PHASES[event.phase];
      else note(streams, event);
      if (event.type !== "progress" || now() - drawnAt >= REDRAW_INTERVAL) redraw();
    },
    stop() {
      process.removeListener("exit", showCursor);
      if (drawn.length > 0) stderr.write(`\x1b[${drawn.length}A\r\x1b[J${SHOW_CURSOR}`);
      drawn = [];
    },
  };
}

function bar({ fetched, expected, state }: Stream): string {
  if (state === "broken") return brokenOff(fetched);
  const finished = state === "finished";
  const share = finished ? 1 : shareOf(fetched, expected);
  if (share === null) return `${grouped(fetched)} read`;
  const filled = Math.round(share * BAR_WIDTH);
  const picture = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
  return `${picture} ${String(Math.floor(share * 100)).padStart(3)} %  ${grouped(fetched)}${finished ? "" : ` of ${grouped(expected ?? 0)}`}`;
}

const brokenOff = (fetched: number): string => `broke off after ${grouped(fetched)}`;

/** Milliseconds. */
const LINE_INTERVAL = 10_000;

function showLines(source: string, { stderr, now }: ProgressOptions): Progress {
  const streams = new Map<string, Stream>();
  const told = new Map<string, { quarter: number; at: number }>();
  const say = (line: string): void => void stderr.write(`${source}: ${line}\n`);

  return {
    follow(event) {
      if (event.type === "phase") return say(PHASES[event.phase]);
      const stream = note(streams, event);
      const quarter = Math.floor((shareOf(stream.fetched, stream.expected) ?? 0) * 4);
      const last = told.get(event.stream) ?? { quarter: 0, at: now() };
      const due = quarter > last.quarter || now() - last.at >= LINE_INTERVAL;
      told.set(event.stream, due ? { quarter, at: now() } : last);
      if (event.type === "stream") {
        if (event.state === "finished") say(`${event.stream} read, ${grouped(stream.fetched)}`);
        if (event.state === "broken") say(`${event.stream} ${brokenOff(stream.fetched)}`);
      } else if (due && stream.fetched !== stream.expected) {
        const share = shareOf(stream.fetched, stream.expected);
        const of = share === null ? "" : ` of ${grouped(stream.expected ?? 0)}, ${Math.floor(share * 100)} %`;
        say(`${event.stream} ${grouped(stream.fetched)}${of}`);
      }
    },
    stop() {},
  };
}

function note(streams: Map<string, Stream>, event: Exclude<RunEvent, { type: "phase" }>): Stream {
  const stream = streams.get(event.stream) ?? { fetched: 0, expected: null, state: "started" as const };
  if (event.type === "progress") {
    stream.fetched = event.fetched;
    stream.expected = event.expected;
  } else {
    stream.state = event.state;
    if (event.state !== "started") stream.fetched = event.fetched;
  }
  streams.set(event.stream, stream);
  return stream;
}

/** An estimate may be too low; what is not finished is never shown as done. */
const shareOf = (fetched: number, expected: number | null): number | null =>
  expected === null || expected === 0 ? null : Math.min(fetched / expected, 0.99);
