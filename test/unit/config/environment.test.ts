import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { homeFolder, loadEnvironment, VARIABLES } from "../../../src/config/environment";
import { told, withFolder } from "./project-folder";

const ROOT = join(__dirname, "../../..");
const environment = (dotEnv: string | null, env: Readonly<Record<string, string>> = {}) =>
  withFolder(dotEnv === null ? {} : { ".env": dotEnv }, async (home) => loadEnvironment({ home, env }));

describe("the environment", () => {
  test("says nothing when it is empty", async () => {
    expect(await environment(null)).toEqual({
      settings: {
        databaseUrl: null,
        redisUrl: null,
        smtpUrl: null,
        smtpFrom: null,
        httpHost: "127.0.0.1",
        httpPort: null,
        sessionHours: 12,
        workerConcurrency: 4,
        queueConcurrency: null,
        logLevel: null,
        loginHash: null,
        loginPepper: null,
        loginPepperPrevious: null,
        publicUrl: null,
        logFormat: null,
      },
      env: {},
      problems: [],
    });
  });

  test("is the process's own over that of `.env`", async () => {
    const { settings, env } = await environment('LOG_LEVEL=debug\nexport ACME_URL="https://a.example" # theirs\n', {
      LOG_LEVEL: "warn",
      DATABASE_URL: "postgres://a:b@localhost/c",
    });
    expect(settings).toMatchObject({ logLevel: "warn" });
    expect(settings.databaseUrl?.reveal()).toBe("postgres://a:b@localhost/c");
    expect(env).toMatchObject({ ACME_URL: "https://a.example", LOG_LEVEL: "warn" });
    expect(JSON.stringify(settings)).not.toContain("a:b");
    expect([settings, env].every(Object.isFrozen)).toBe(true);
  });

  test("takes whole numbers where they make sense", async () => {
    const numbers = { HTTP_PORT: "0", WORKER_CONCURRENCY: "12", QUEUE_CONCURRENCY: "", HTTP_HOST: "::" };
    expect((await environment(null, numbers)).settings).toMatchObject({
      ...{ httpPort: 0, workerConcurrency: 12, queueConcurrency: null, httpHost: "::" },
    });
    const { problems } = await environment(null, { HTTP_PORT: "70000", WORKER_CONCURRENCY: "many" });
    expect(problems.map(told)).toEqual([
      "environment:1:1 «HTTP_PORT» CFG012 `HTTP_PORT` must be a whole number from 0 to 65535",
      "environment:1:1 «WORKER_CONCURRENCY» CFG012 `WORKER_CONCURRENCY` must be a whole number from 1 to 100",
    ]);
  });

  test("tells mistakes without showing values", async () => {
    const { problems } = await environment("A=b\nUNDERSTUDY_HOEM=/x\nDATABASE_URL=mysql://a:hunter2@x/y\n", {
      LOG_LEVEL: "loud",
      LOG_FORMAT: "jsn",
    });
    expect(problems.map(told)).toEqual([
      ".env:2:1 «UNDERSTUDY_HOEM» warning CFG012 `UNDERSTUDY_HOEM` is not a variable that Understudy reads → did you mean `UNDERSTUDY_HOME`?",
      ".env:3:1 «DATABASE_URL» CFG012 `DATABASE_URL` must be a URL that begins with postgres://",
      "environment:1:1 «LOG_LEVEL» CFG012 `LOG_LEVEL` cannot be `loud` → known: `error`, `warn`, `info` and `debug`",
      "environment:1:1 «LOG_FORMAT» CFG012 `LOG_FORMAT` cannot be `jsn` → did you mean `json`?",
    ]);
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });

  test.each([
    ["-C wins", "there", { UNDERSTUDY_HOME: "/home" }, "/here/there"],
    ["then the variable", null, { UNDERSTUDY_HOME: "/home" }, "/home"],
    ["then the current folder", null, {}, "/here"],
    ["an empty variable is none", null, { UNDERSTUDY_HOME: "" }, "/here"],
  ])("names the folder worked in: %s", (_, directory, env, expected) => {
    expect(homeFolder(directory, env, "/here")).toBe(expected);
  });
});

describe("`.env.example`", () => {
  const example = readFileSync(join(ROOT, ".env.example"), "utf8");
  const explained = [...example.matchAll(/^# ([A-Z_]+)=/gm)].map((match) => match[1]);

  test("explains every variable there is", () => {
    expect(explained.filter((name) => !name?.startsWith("ACME_"))).toEqual([...VARIABLES]);
  });

  test("and the code reads no other", () => {
    const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".ts"),
    );
    const read = files.flatMap((file) =>
      [...readFileSync(join(ROOT, "src", file), "utf8").matchAll(/\benv(?:\.|\[")([A-Z][A-Z0-9_]*)\b/g)].map(
        (match) => match[1],
      ),
    );
    // The shell's own: how the terminal is, and where programs are.
    const own = new Set<string | undefined>([...VARIABLES, "PATH", "TERM"]);
    expect(read.filter((name) => !own.has(name))).toEqual([]);
  });
});
