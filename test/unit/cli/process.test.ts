import { type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, open, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { eventually } from "../../support/eventually";
import { freePort } from "../../support/free-ports";
import { ensureBuilt } from "../../support/service";
import { makeTempDir } from "../../support/temp-dir";
import { withFolder } from "../config/project-folder";

const ROOT = join(__dirname, "..", "..", "..");

async function node(args: readonly string[], cwd = ROOT) {
  const child = spawn(process.execPath, [...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
  const [out, err, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { out, err, exitCode };
}

/** From the sources. */
const cli = [
  "-r",
  join(ROOT, "test", "support", "typescript-hook.cjs"),
  "-e",
  "require('./src/cli.ts').main()",
  "--",
  "understudy",
];

describe("the command as a process", () => {
  test("prints the package's version, without loading what only commands need", async () => {
    const { version } = require(join(ROOT, "package.json"));
    expect(await node([...cli, "--version"])).toEqual({ out: `${version}\n`, err: "", exitCode: 0 });
  });

  test("a reader that goes away early is no error", async () => {
    const child = spawn(process.execPath, [...cli, "--help"], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    const [err, [exitCode]] = await Promise.all([text(child.stderr), once(child, "close")]);
    expect({ err, exitCode }).toEqual({ err: "", exitCode: 0 });
  });

  test.each<[string[], string, string, number]>([
    [["check"], "", "error[USE001]: the current folder is gone\n  go to one that is there, with cd\n", 2],
    [["--version"], `${require(join(ROOT, "package.json")).version}\n`, "", 0],
  ])("in a folder that is gone: %j", async (args, out, err, exitCode) => {
    await withFolder({}, async (home) => {
      const [program, gone] = [join(home, "main.cjs"), join(home, "gone")];
      // Gone only then: the compiler needs a folder, too.
      const lines = [
        `const { main } = require(${JSON.stringify(join(ROOT, "src", "cli.ts"))});`,
        `process.chdir(${JSON.stringify(gone)});`,
        `require("node:fs").rmdirSync(${JSON.stringify(gone)});`,
        "main();",
      ];
      await writeFile(program, lines.join("\n"));
      await mkdir(gone);
      expect(await node([...cli.slice(0, 2), program, ...args])).toEqual({ out, err, exitCode });
    });
  });

  describe("over a disk that is full", () => {
    /** Every write to it fails as on such a disk. */
    async function withFull<T>(use: (full: number) => Promise<T>): Promise<T> {
      const file = await open("/dev/full", "w");
      return use(file.fd).finally(() => file.close());
    }
    const said = async (args: readonly string[], stream: "out" | "err") =>
      withFull(async (full) => {
        const [out, err] = stream === "out" ? [full, "pipe" as const] : ["pipe" as const, full];
        const options: SpawnOptions = { cwd: ROOT, stdio: ["ignore", out, err] };
        const child = spawn(process.execPath, [...cli, ...args], options);
        const heard = child.stdout ?? child.stderr ?? Readable.from([]);
        const [words, [exitCode]] = await Promise.all([text(heard), once(child, "close")]);
        return { words, exitCode };
      });
    const lost = "error: the output could not be written: no space left on device\n";

    test("an answer that is lost is told in one line, with a code of its own", async () => {
      expect(await said(["explain"], "out")).toEqual({ words: lost, exitCode: 11 });
    });

    test("an answer of which a part is written is lost, too", async () => {
      await withFolder({}, async (home) => {
        // The limit holds for the files that the compiler keeps, too.
        await said(["explain"], "out");
        // A limit on files makes the disk full after 4 KiB; with the signal ignored it fails the write alone.
        const shell = `trap '' XFSZ; ulimit -f 4; exec "$@" > ${join(home, "answer")}`;
        const child = spawn("bash", ["-c", shell, "bash", process.execPath, ...cli, "explain"], { cwd: ROOT });
        const [words, [exitCode]] = await Promise.all([text(child.stderr), once(child, "close")]);
        expect({ words, exitCode }).toEqual({
          words: lost.replace("no space left on device", "file too large"),
          exitCode: 11,
        });
      });
    });

    test("what else went wrong keeps its code", async () => {
      const { words, exitCode } = await said(["snyc", "--json"], "out");
      expect(words).toMatch(/^error\[USE001\]: unknown command 'snyc'\n/);
      expect(words.endsWith(lost)).toBe(true);
      expect(exitCode).toBe(2);
    });

    test("standard error takes nothing from a command", async () => {
      const { words, exitCode } = await said(["snyc", "--json"], "err");
      expect(JSON.parse(words)).toMatchObject({ exitCode: 2, error: { code: "USE001" } });
      expect(exitCode).toBe(2);
    });

    test("a service stays without its log", async () => {
      const port = await freePort();
      await withFolder({}, (home) =>
        withFull(async (full) => {
          const env = { ...process.env, DATABASE_URL: "postgres://127.0.0.1:1/nothing" };
          const args = [...cli, "-C", home, "serve", "--port", String(port)];
          const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ["ignore", "ignore", full] });
          const ended = once(child, "close");
          const health = async () =>
            (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null))?.status ?? null;
          try {
            const status = await eventually(health, (found) => found !== null || child.exitCode !== null);
            expect(status).toBe(200);
          } finally {
            child.kill();
          }
          expect(await ended).toEqual([0, null]);
        }),
      );
    });
  });

  test("waits for an expression without end as long as it is given, and tells of it", async () => {
    const endless = "'($f := function($n) { $n > 0 ? $f($n + 1) : 1 }; $f(1))'";
    const files = {
      "jobs/acme.yaml": `source: acme\nbaseUrl: https://acme.example\nauth: { kind: none }\nentities:\n  roles: { get: /roles, page: none, deletes: never }\n`,
      "mappings/acme/roles.yaml": `into: roles\nkey: id\nfields:\n  name: ${endless}\ntests:\n  - { it: ends, given: { id: 1 }, rejects: description }\n`,
    };
    const { out, exitCode } = await withFolder(files, (home) => node([...cli, "-C", home, "mapping", "test"]));
    expect(out).toContain("rejected for `name`: `name` cannot be computed: it ran longer than two seconds");
    expect(exitCode).toBe(3);
  });
});

test("the built command finds the mistakes in files that the sources find", async () => {
  const job = "baseUrl: https://acme.example\nauth: { kind: none }\n";
  const files = {
    "jobs/words.yaml": `source: words\n${job}entites:\n  roles: { get: /roles, page: none, deletes: nevr, colour: red }\n`,
    "jobs/types.yaml": `source: types\n${job}schedule: { cron: 3, timezone: Mars/Base }\nnotify: [{ email: 3 }]\nentities: []\n`,
    "jobs/roles.yaml": `source: roles\n${job}entities:\n  roles: { get: /roles, page: none, deletes: never }\n`,
    "mappings/roles/roles.yaml": "into: rolls\nkey: id\nfields: { name: { form: name, type: txt } }\nextra: 1\n",
  };
  await withFolder(files, async (home) => {
    await ensureBuilt();
    const check = ["-C", home, "check", "--json"];
    const sources = await node([...cli, ...check]);
    expect(JSON.parse(sources.out).problems.length).toBeGreaterThan(7);
    expect(await node([join(ROOT, "bin", "understudy.js"), ...check])).toEqual(sources);
  });
}, 120_000);

describe("the build that the command makes by itself", () => {
  let home: Awaited<ReturnType<typeof makeTempDir>>;
  const program = () => node([join(home.path, "bin", "understudy.js")], home.path);
  const BUILT = [".built-from", "src", "understudy.js", "understudy.js.code"];
  const built = async () => (await readdir(join(home.path, "dist"))).sort();

  beforeEach(async () => {
    home = await makeTempDir("build");
    await cp(join(ROOT, "bin"), join(home.path, "bin"), { recursive: true });
    await mkdir(join(home.path, "src"));
    await symlink(join(ROOT, "node_modules"), join(home.path, "node_modules"));
    const compilerOptions = { module: "commonjs", target: "es2022", rootDir: ".", types: [], skipLibCheck: true };
    await writeFile(join(home.path, "tsconfig.build.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
    await writeSource("one");
  });
  afterEach(() => home.remove());

  async function writeSource(word: string, seconds = 1_000): Promise<void> {
    const file = join(home.path, "src", "cli.ts");
    await writeFile(
      file,
      `declare const process: { stdout: { write(text: string): void } };
      export const main = (): void => process.stdout.write(${JSON.stringify(word)});`,
    );
    await utimes(file, seconds, seconds);
  }

  test("two commands at once on a fresh checkout both run, and leave only the build", async () => {
    const [first, second] = await Promise.all([program(), program()]);
    expect([first, second]).toMatchObject([
      { out: "one", exitCode: 0 },
      { out: "one", exitCode: 0 },
    ]);
    expect(await built()).toEqual(BUILT);
    expect(await program()).toEqual({ out: "one", err: "", exitCode: 0 });
  });

  test("is the one that `npm run build` has made", async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
    const [, builder = ""] = /^node (.*)$/.exec(scripts.build) ?? [];
    expect(await node([join(home.path, builder)], home.path)).toMatchObject({ err: "building, once …\n", exitCode: 0 });
    expect(await program()).toEqual({ out: "one", err: "", exitCode: 0 });
  });

  test("is made again for edited sources, and not at all without a compiler", async () => {
    await program();
    await writeSource("two", 2_000);
    expect(await program()).toMatchObject({ out: "two", err: "building, once …\n" });
    await rm(join(home.path, "node_modules"));
    await writeSource("three", 3_000);
    expect(await program()).toEqual({ out: "two", err: "", exitCode: 0 });
    await rm(join(home.path, "dist"), { recursive: true });
    expect(await program()).toMatchObject({ out: "", exitCode: 1, err: expect.stringContaining("npm ci") });
  });

  test("starts with what V8 made of it, and never with what V8 made of another as long as it", async () => {
    await program();
    const code = join(home.path, "dist", "understudy.js.code");
    const load = `const { script } = require("./bin/load-bundle.js").loadBundle(require("node:path").resolve("dist/understudy.js"));
      process.stdout.write(String(script.cachedDataRejected));`;
    const isRejected = () => node(["-e", `require("./bin/bound-heap.js"); ${load}`], home.path);
    expect(await isRejected()).toMatchObject({ out: "false" });
    const other = await readFile(code);
    await writeSource("two", 2_000);
    await program();
    await writeFile(code, other);
    expect(await isRejected()).toMatchObject({ out: "undefined" });
    expect(await program()).toEqual({ out: "two", err: "", exitCode: 0 });
  });

  test("sources that do not compile are an error, and the old build stays", async () => {
    await program();
    await writeFile(join(home.path, "src", "cli.ts"), "export const broken: number = 'text';");
    const { exitCode, err } = await program();
    expect(exitCode).toBe(1);
    expect(err).toContain("do not compile");
    expect(await built()).toEqual(BUILT);
  });
});
