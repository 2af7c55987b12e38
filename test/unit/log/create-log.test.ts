import { PassThrough } from "node:stream";
import { Failure } from "../../../src/domain/errors";
import { Secret } from "../../../src/domain/secret";
import { createLog, type LogOptions } from "../../../src/log/create-log";

function logged(options: Partial<LogOptions> & { isTTY?: boolean } = {}) {
  const stream = Object.assign(new PassThrough(), { isTTY: options.isTTY ?? false });
  const log = createLog({ level: "info", format: null, ...options, stream });
  const lines = () =>
    String(stream.read() ?? "")
      .trimEnd()
      .split("\n");
  return { log, lines, entries: () => lines().map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test("off a terminal a line is JSON, with the fields of all its parents", () => {
  const { log, entries } = logged();
  log.child({ run: 4183 }).child({ source: "acme" }).info("page read", { page: 3, took: 0.5, took2: null });
  expect(entries()).toEqual([
    {
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      level: "info",
      message: "page read",
      run: 4183,
      source: "acme",
      page: 3,
      took: 0.5,
      took2: null,
    },
  ]);
});

test("on a terminal a line is text; unless asked for more, only warnings are shown, there as elsewhere", () => {
  const { log, lines } = logged({ isTTY: true, level: null });
  log.info("unseen");
  log.warn("slow answer", { source: "acme", status: 503 });
  expect(lines()).toEqual([expect.stringMatching(/^\d\d:\d\d:\d\d warn {2}slow answer source=acme status=503$/)]);
});

test.each(["text", "json"] as const)("what could command a terminal is written out, as %s", (format) => {
  const { log, lines } = logged({ isTTY: true, format });
  const controls = "\u001b[2J \r\n \u0007 \u007f \u009b31m \u061c \u200e \u200f \u202e \u2066";
  log.warn(`said ${controls}`, { source: controls, deep: { [controls]: [controls] } });
  const [line = "", ...more] = lines();
  expect(more).toEqual([]);
  expect(line).not.toMatch(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
  expect(line).toContain("\\u001b[2J");
  if (format === "json") expect(JSON.parse(line)).toMatchObject({ message: `said ${controls}`, source: controls });
});

test.each([
  ["debug", ["debug", "info", "warn", "error"]],
  ["error", ["error"]],
  ["nonsense", ["warn", "error"]],
  [null, ["warn", "error"]],
])("level %s", (level, shown) => {
  const { log, entries } = logged({ level });
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  expect(entries().map((entry) => entry.level)).toEqual(shown);
});

test("fields cannot pass for the line's own time, level and message", () => {
  const { log, entries } = logged();
  log.info("true", { message: "false", level: "error", time: "never" });
  expect(entries()[0]).toMatchObject({ message: "true", level: "info" });
});

describe("what is masked", () => {
  const canary = "Zitronenfalter-42";

  test.each([
    "password",
    "clientSecret",
    "client_secret",
    "accessToken",
    "Authorization",
    "apiKey",
    "x-api-key",
    "Set-Cookie",
  ])("a field called %s", (name) => {
    const { log, lines } = logged();
    log.info("sent", { headers: { [name]: canary }, list: [{ [name]: { deep: canary } }] });
    expect(lines().join()).not.toContain(canary);
  });

  test("a Secret, wherever it stands", () => {
    const { log, lines } = logged();
    log.info(`with ${new Secret(canary)}`, { auth: { kind: "basic", value: new Secret(canary) } });
    expect(lines().join()).not.toContain(canary);
    expect(lines).not.toThrow();
  });

  test("a registered value, also inside text, errors and the fields of a parent", () => {
    const { log, lines } = logged({ level: "debug" });
    log.maskValues([canary, ""]);
    log.child({ url: `https://x/?key=${canary}` }).error(`refused ${canary}`, { error: new Error(`bad ${canary}`) });
    const text = lines().join();
    expect(text).not.toContain(canary);
    expect(text).toContain("refused [secret]");
  });

  test("user and password of a URL", () => {
    const { log, entries } = logged();
    log.info("connected", { to: `postgresql://ops:${canary}@db:5432/u` });
    expect(entries()[0]?.to).toBe("postgresql://[secret]@db:5432/u");
  });

  test("fields of people", () => {
    const { log, entries } = logged();
    log.maskFields(["email", "phone"]);
    log.info("changed", { key: "8812", values: { email: "jane@example.com", phone: null, title: "Dr." } });
    expect(entries()[0]?.values).toEqual({ email: "[personal]", phone: null, title: "Dr." });
  });
});

test("an error is its code and message; its stack shows at debug only", () => {
  const failure = new Failure("RUN001", "run 7 works on it", { cause: new Error("inner") });
  const quiet = logged();
  quiet.log.warn("busy", { error: failure });
  expect(quiet.entries()[0]?.error).toEqual({ code: "RUN001", message: "run 7 works on it" });
  const loud = logged({ level: "debug" });
  loud.log.warn("busy", { error: failure });
  expect(loud.entries()[0]?.error).toMatchObject({ stack: expect.stringContaining("create-log.test") });
});

test("odd values do not break a line", () => {
  const round: Record<string, unknown> = {};
  round.self = round;
  const { log, entries } = logged();
  log.info("odd", { round, big: 2n ** 70n, when: new Date(0), never: new Date(Number.NaN), gone: undefined });
  expect(entries()[0]).toMatchObject({ big: "1180591620717411303424", when: "1970-01-01T00:00:00.000Z", never: null });
});
