import { PassThrough } from "node:stream";
import { showProgress } from "../../../src/cli/progress";
import type { RunEvent } from "../../../src/domain/run-events";

function watch(live: boolean, columns = 80) {
  const stderr = Object.assign(new PassThrough(), { columns });
  let time = 0;
  const progress = showProgress("acme", { stderr, live, now: () => time });
  return {
    ...progress,
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
    said: () => String(stderr.read() ?? ""),
  };
}

const read = (fetched: number, expected: number | null = 2000): RunEvent => ({
  type: "progress",
  stream: "users",
  fetched,
  expected,
  pages: 1,
});

describe("off a terminal", () => {
  test("a line at every quarter, and at the end", () => {
    const { follow, said, stop } = watch(false);
    follow({ type: "phase", phase: "fetch" });
    follow({ type: "stream", stream: "users", state: "started" });
    for (let fetched = 100; fetched <= 2000; fetched += 100) follow(read(fetched));
    follow({ type: "stream", stream: "users", state: "finished", fetched: 2000 });
    follow({ type: "phase", phase: "apply" });
    stop();
    expect(said().trimEnd().split("\n")).toEqual([
      "acme: fetching",
      "acme: users 500 of 2,000, 25 %",
      "acme: users 1,000 of 2,000, 50 %",
      "acme: users 1,500 of 2,000, 75 %",
      "acme: users read, 2,000",
      "acme: applying",
    ]);
  });

  test("the share is that of the moment, and what broke off is not read", () => {
    const { follow, said } = watch(false);
    follow(read(1800));
    follow({ type: "stream", stream: "users", state: "broken", fetched: 1800 });
    expect(said().trimEnd().split("\n")).toEqual([
      "acme: users 1,800 of 2,000, 90 %",
      "acme: users broke off after 1,800",
    ]);
  });

  test("what came without a page of its own is told at the end", () => {
    const { follow, said } = watch(false);
    follow({ type: "stream", stream: "users", state: "started" });
    follow({ type: "stream", stream: "users", state: "finished", fetched: 1 });
    expect(said()).toBe("acme: users read, 1\n");
  });

  test("a line every ten seconds when nobody knows how many there are", () => {
    const { follow, said, pass } = watch(false);
    for (let second = 1; second <= 25; second++) {
      pass(1_000);
      follow(read(second * 100, null));
    }
    expect(said().trimEnd().split("\n")).toEqual(["acme: users 1,100", "acme: users 2,100"]);
  });
});

describe("on a terminal", () => {
  test("bars stand in place, and are gone at the end with the cursor back", () => {
    const { follow, said, stop, pass } = watch(true);
    follow({ type: "phase", phase: "fetch" });
    expect(said()).toBe("\x1b[?25l\racme: fetching\x1b[K\n");
    follow({ type: "stream", stream: "users", state: "started" });
    said();
    pass(100);
    follow(read(1000));
    expect(said()).toBe(`\x1b[2A\rusers  ${"█".repeat(12)}${"░".repeat(12)}  50 %  1,000 of 2,000\x1b[K\n\n`);
    follow(read(1001));
    expect(said()).toBe("");
    stop();
    expect(said()).toBe("\x1b[2A\r\x1b[J\x1b[?25h");
  });

  test("what broke off is never shown as done", () => {
    const { follow, said } = watch(true);
    follow(read(1000));
    said();
    follow({ type: "stream", stream: "users", state: "broken", fetched: 1000 });
    expect(said()).toContain("users  broke off after 1,000");
  });

  test("an estimate that was too low is never shown as done", () => {
    const { follow, said, pass } = watch(true);
    pass(100);
    follow(read(5000));
    expect(said()).toContain(" 99 %");
  });

  test("a narrow terminal gets narrow lines, for a wrapped one cannot be redrawn", () => {
    const { follow, said } = watch(true, 20);
    follow(read(1000));
    for (const line of said()
      .replace(/\x1b\[[?0-9]*[a-zA-Z]|\r/g, "")
      .split("\n"))
      expect(line.length).toBeLessThan(20);
  });

  test("nothing was shown: nothing is taken away, and no listener stays behind", () => {
    const before = process.listenerCount("exit");
    const { said, stop } = watch(true);
    stop();
    expect(said()).toBe("");
    expect(process.listenerCount("exit")).toBe(before);
  });
});
