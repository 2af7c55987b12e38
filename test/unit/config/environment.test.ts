import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { homeFolder, loadEnvironment } from "../../../src/config/environment";
import { VARIABLES } from "../../../src/config/read-settings";
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
        kept: { auditMonths: 24, tombstoneDays: 30, rejectDays: 28 },
        sessionHours: 12,
        workerConcurrency: 4,
        queueConcurrency: null,
        logLevel: null,
        authorities: null,
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
      httpPort: 0,
      workerConcurrency: 12,
      queueConcurrency: null,
      httpHost: "::",
    });
    const { problems } = await environment(null, { HTTP_PORT: "70000", WORKER_CONCURRENCY: "many" });
    expect(problems.map(told)).toEqual([
      "environment:1:1 «HTTP_PORT» CFG012 `HTTP_PORT` must be a whole number from 0 to 65535",
      "environment:1:1 «WORKER_CONCURRENCY» CFG012 `WORKER_CONCURRENCY` must be a whole number from 1 to 100",
    ]);
  });

  test("keeps the audit for a year at least, and what is gone for a week", async () => {
    const longer = { KEEP_AUDIT_MONTHS: "12", KEEP_TOMBSTONE_DAYS: "7", KEEP_REJECT_DAYS: "90" };
    const { settings } = await environment(null, longer);
    expect(settings.kept).toEqual({ auditMonths: 12, tombstoneDays: 7, rejectDays: 90 });
    const { problems } = await environment(null, { KEEP_AUDIT_MONTHS: "11", KEEP_TOMBSTONE_DAYS: "6" });
    expect(problems.map(({ message }) => message)).toEqual([
      "`KEEP_AUDIT_MONTHS` must be a whole number from 12 to 1200",
      "`KEEP_TOMBSTONE_DAYS` must be a whole number from 7 to 3650",
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

  const ENCODED =
    "has a user or password with characters that mean something else in a URL → percent-encode them: `#` is `%23`, `/` is `%2F`, `?` is `%3F`, `@` is `%40`, `%` is `%25`";
  const NO_PORT = "names a port that is none → a port is a number up to 65535";
  const BARE = "must be without a user, a query and a fragment → such as https://login.example.com";

  test.each([
    ["DATABASE_URL", "postgres://u:hunter2#s@h/x", ENCODED],
    ["DATABASE_URL", "postgresql://u:hunter2/s@h/x", ENCODED],
    ["DATABASE_URL", "postgres://u:hunter2?s@h/x", ENCODED],
    ["DATABASE_URL", "postgres://u:hunter2#?s@h/x", ENCODED],
    ["DATABASE_URL", "postgres://u:hunter2%zz@h/x", ENCODED],
    // Read without a mistake, and as those of the user `u` at nobody's host.
    ["DATABASE_URL", "postgres://u:12/hunter2@h/x", ENCODED],
    ["DATABASE_URL", "postgres://u:hunter2@h:99999/x", NO_PORT],
    ["DATABASE_URL", "postgres://u:hunter2@h:port/x", NO_PORT],
    ["DATABASE_URL", "postgres://h:99999/x?user=a@hunter2", NO_PORT],
    ["DATABASE_URL", "postgres://u:hunter2@[::1/x", "cannot be read as a URL"],
    ["DATABASE_URL", "hunter2", "must be a URL that begins with postgres://"],
    ["REDIS_URL", "redis://:hunter2#s@h:6379/0", ENCODED],
    ["REDIS_URL", "rediss://h:65536/hunter2", NO_PORT],
    ["REDIS_URL", "redis:hunter2", "must be a URL that begins with redis://"],
    ["SMTP_URL", "smtp://u:hunter2/s@h", ENCODED],
    ["PUBLIC_URL", "https://login.example:99999", NO_PORT],
    ["PUBLIC_URL", "http://login.example:port/a", NO_PORT],
    ["PUBLIC_URL", "https://", "names no host"],
    [
      "PUBLIC_URL",
      "login.example",
      "must be a URL that begins with https:// or http:// → put `https://` before it, or `http://` where there is no TLS",
    ],
    ["PUBLIC_URL", "https://hunter2@login.example", BARE],
    ["PUBLIC_URL", "https://login.example/a?hunter2", BARE],
    ["PUBLIC_URL", "https://login.example#hunter2", BARE],
  ])("tells what is wrong with a URL: %s=%s", async (name, url, expected) => {
    const { problems } = await environment(null, { [name]: url, SMTP_FROM: "a@b.example" });
    expect(problems.map(told)).toEqual([`environment:1:1 «${name}» CFG012 \`${name}\` ${expected}`]);
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });

  test.each([
    ["DATABASE_URL", "postgres://u:p%23%2F%40@h:5432/x?sslmode=require"],
    ["DATABASE_URL", "postgresql://u@[::1]:5432/x"],
    ["DATABASE_URL", "postgres:///x?host=/run/postgresql"],
    ["DATABASE_URL", "postgres://h:5432/x?user=a@b"],
    ["DATABASE_URL", "postgres://u:pa@ss@h/x"],
    ["REDIS_URL", "redis://localhost"],
    ["PUBLIC_URL", "https://login.example.com:8443/under/study/"],
  ])("takes a good one: %s=%s", async (name, url) => {
    expect((await environment(null, { [name]: url })).problems).toEqual([]);
  });

  test("takes no notice of white space around a value, as a secret of Kubernetes has at its end", async () => {
    const { settings, problems } = await environment(null, {
      DATABASE_URL: " postgres://u:p@h/x\n",
      HTTP_HOST: "::1\r\n",
      HTTP_PORT: "7077\n",
      LOGIN_HASH: "m=65536,t=3,p=1\n",
      LOG_LEVEL: "info ",
      PUBLIC_URL: "https://login.example/ \n",
      SMTP_FROM: " Understudy <us@example.com>\n",
    });
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({
      httpHost: "::1",
      httpPort: 7077,
      logLevel: "info",
      publicUrl: "https://login.example",
      smtpFrom: "Understudy <us@example.com>",
    });
    expect(settings.databaseUrl?.reveal()).toBe("postgres://u:p@h/x");
    expect(homeFolder(null, { UNDERSTUDY_HOME: "/home\n" }, "/here")).toBe("/home");
  });

  const QUOTED = "take the quotes away: they are a part of the value here";
  const ALONE = "write the number alone, without a unit";
  const FILE =
    "must be the secret itself, or `file:` and a path → write `file:PATH`, in small letters and without quotes";
  test.each([
    ["DATABASE_URL", '"postgres://u:hunter2@h/x"', `must be a URL that begins with postgres:// → ${QUOTED}`],
    ["DATABASE_URL", " ", "must be a URL that begins with postgres://"],
    ["HTTP_PORT", "'7077'", `must be a whole number from 0 to 65535 → ${QUOTED}`],
    ["HTTP_PORT", "7077/tcp", `must be a whole number from 0 to 65535 → ${ALONE}`],
    ["SESSION_HOURS", "12h", `must be a whole number from 1 to 720 → ${ALONE}`],
    ["KEEP_AUDIT_MONTHS", "2 years", `must be a whole number from 12 to 1200 → ${ALONE}`],
    ["WORKER_CONCURRENCY", "-1", "must be a whole number from 1 to 100"],
    ["LOG_LEVEL", '"info"', `cannot be \`"info"\` → ${QUOTED}`],
    ["REDIS_URL", "redis://h/hunter2", "names a database that is no number → such as redis://localhost:6379/0"],
    ["SMTP_URL", "smtp://", "names no host"],
    ["PUBLIC_URL", "https://login.example/a b", "must be without white space"],
    ["SMTP_FROM", "<us@example.com", "must be an e-mail address → e.g. `understudy@example.com`"],
    ["SMTP_FROM", "us@example.com>", "must be an e-mail address → e.g. `understudy@example.com`"],
    ["SMTP_FROM", "us@example.com,hunter2@example.com", "must be an e-mail address → e.g. `understudy@example.com`"],
    // Each long enough to be a secret, which somebody who knows how machines are set up could guess.
    ["LOGIN_PEPPER", '"file:/run/secrets/understudy-pepper"', FILE],
    ["LOGIN_PEPPER", "FILE:/run/secrets/understudy-pepper-of-ours", FILE],
    ["LOGIN_PEPPER", __filename, FILE],
    ["LOGIN_PEPPER", `\${THE_PEPPER_THAT_NOBODY_FILLED_IN}`, FILE],
    ["LOGIN_PEPPER", "file:", "must be the secret itself, or `file:` and a path"],
  ])("tells what is wrong with %s=%s in one message", async (name, value, expected) => {
    const { problems } = await environment(null, {
      [name]: value,
      ...(name === "SMTP_URL" ? { SMTP_FROM: "a@b.example" } : {}),
    });
    expect(problems.map(told)).toEqual([
      expect.stringContaining(`environment:1:1 «${name}» CFG012 \`${name}\` ${expected}`),
    ]);
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });

  test("warns of names that are a letter from one of ours, and of no others", async () => {
    const { problems } = await environment("DATBASE_URL=postgres://a:hunter2@x/y\nHTTP_PROXY=x\nACME_URL=y\nCC=gcc\n", {
      REDIS_URI: "redis://x",
      SMTP_PORT: "25",
    });
    expect(problems.map(told)).toEqual([
      ".env:1:1 «DATBASE_URL» warning CFG012 `DATBASE_URL` is not a variable that Understudy reads → did you mean `DATABASE_URL`?",
      "environment:1:1 «REDIS_URI» warning CFG012 `REDIS_URI` is not a variable that Understudy reads → did you mean `REDIS_URL`?",
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

describe("`.env`", () => {
  const GOOD = [
    ...["# a comment", "", "\t# another: one", "A=1", "  export B = two # theirs", "C=", "D='a # b'", 'E="x\\ny" # z'],
    ...[
      'F=`it\'s "so"`',
      'G="first',
      "UNDERSTUDY_HOEM=no name",
      'last" # end',
      "H=it's",
      'I="open',
      "J.k-l=x=y#z",
      "M=m",
    ],
  ];
  const SAID = {
    A: "1",
    B: "two",
    C: "",
    D: "a # b",
    E: "x\ny",
    F: 'it\'s "so"',
    G: "first\nUNDERSTUDY_HOEM=no name\nlast",
    H: "it's",
    I: '"open',
    "J.k-l": "x=y",
    M: "m",
  };

  test.each([
    ["as it is", GOOD.join("\n")],
    ["of Windows, with a byte order mark", `\uFEFF${GOOD.join("\r\n")}\r\n`],
  ])("is read as Node reads it: %s", async (_, text) => {
    const { env, problems } = await environment(text);
    expect(env).toEqual(SAID);
    expect(problems).toEqual([]);
  });

  test("tells lines that assign nothing, by their place alone, and loses no other", async () => {
    const { env, problems } = await environment(
      "\uFEFFhunter2: hunter2\nA=1\nhunter2\n  hunter2 = hunter2 hunter2\n\nmy key=hunter2\n=hunter2\nLOG_LEVEL=loud\nB=2",
    );
    const lost = "CFG012 this line assigns nothing to a variable, so what it says would be lost";
    const hint = "write NAME=value, or # before a comment";
    expect(problems.map(told)).toEqual([
      `.env:1:1 «****************» ${lost} → ${hint}`,
      `.env:3:1 «*******» ${lost} → ${hint}`,
      `.env:6:1 «**************» ${lost} → ${hint}`,
      `.env:7:1 «********» ${lost} → ${hint}`,
      ".env:8:1 «LOG_LEVEL» CFG012 `LOG_LEVEL` cannot be `loud` → known: `error`, `warn`, `info` and `debug`",
    ]);
    expect(env).toEqual({ A: "1", hunter2: "hunter2 hunter2", LOG_LEVEL: "loud", B: "2" });
  });

  test("tells a quote that swallows what is below it", async () => {
    const { problems } = await environment("A=1\nB='hunter2\nC=x\nD='hunter2'\nE=5\n");
    expect(problems.map(told)).toEqual([
      expect.stringMatching(/^\.env:2:1 «B» CFG012 the quote of `B` is closed lines below, in the middle of another, /),
    ]);
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });
});

describe("files of the environment", () => {
  const unread = async (dotEnv: string | Uint8Array) => {
    const { env, problems } = await withFolder({ ".env": dotEnv }, async (home) => loadEnvironment({ home, env: {} }));
    expect(env).toEqual({});
    return problems.map(told);
  };

  test("that are no text tell where they are none, and nothing of them", async () => {
    expect(await unread(Buffer.from("A=1\n# für alle\nACME_TOKEN=hünter2\n", "latin1"))).toEqual([
      ".env:2:4 «» CFG012 the file cannot be read: it is not UTF-8 text, so nothing that it says counts → save it as UTF-8",
    ]);
  });

  test("that cannot be read are no absent ones", async () => {
    expect(await unread(`A=${"x".repeat(1024 * 1024)}`)).toEqual([expect.stringContaining("it holds more than 1 MiB")]);
    await withFolder({}, async (home) => {
      mkdirSync(join(home, ".env"));
      const { problems } = loadEnvironment({ home, env: {} });
      expect(problems.map(told)).toEqual([
        ".env:1:1 «» CFG012 the file cannot be read: it is a folder, so nothing that it says counts → put an ordinary file there",
      ]);
    });
  });

  test("that hold a pepper tell why there is none", async () => {
    await withFolder({ short: "x" }, async (home) => {
      const pepper = (value: string) => loadEnvironment({ home, env: { LOGIN_PEPPER: value } }).problems.map(told);
      const at = "environment:1:1 «LOGIN_PEPPER» CFG012";
      const make = "→ make one: openssl rand -base64 32";
      expect(pepper("file:gone")).toEqual([
        `${at} the file that \`LOGIN_PEPPER\` names cannot be read: it does not exist → write it, or correct the path`,
      ]);
      expect(pepper("file:/dev/zero")).toEqual([expect.stringContaining("cannot be read: it is a device")]);
      expect(pepper("file:short")).toEqual([`${at} \`LOGIN_PEPPER\` must be 32 characters or more ${make}`]);
      expect(pepper("short")).toEqual([`${at} \`LOGIN_PEPPER\` must be 32 characters or more ${make}`]);
    });
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
