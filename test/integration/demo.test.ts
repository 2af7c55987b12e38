import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { blockOf, excerptOf, normalised } from "../../demo/readme-excerpt";
import { ROOT } from "../support/documents";
import { ensureBuilt } from "../support/service";

/** What is set in the reader's shell must lead neither the demo nor the commands that it offers to a real database. */
const env = { ...process.env, NO_COLOR: "1", DATABASE_URL: "postgresql://127.0.0.1:1/not-ours" };

interface Demo {
  readonly child: ChildProcess;
  /** What it has said so far. */
  readonly said: () => string;
  /** Resolves when it has said something; rejects when it ends without. */
  says(words: RegExp): Promise<void>;
  readonly ended: Promise<number | null>;
}

function startDemo(...args: readonly string[]): Demo {
  const child = spawn(process.execPath, [join(ROOT, "bin/demo.js"), ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const ended = once(child, "close").then(([code]: (number | null)[]) => code ?? null);
  return {
    child,
    said: () => stdout,
    ended,
    async says(words) {
      while (!words.test(stdout)) {
        const more = await Promise.race([once(child.stdout, "data").then(() => true), ended.then(() => false)]);
        if (!more && !words.test(stdout)) throw new Error(`the demo ended without ${words}:\n${stdout}\n${stderr}`);
      }
    },
  };
}

const folderOf = (stdout: string): string => /works in (\S+)/.exec(stdout)?.[1] ?? "";

beforeAll(ensureBuilt, 120_000);

test("the demo goes as told, shows what the README shows, stays to play with, and leaves nothing behind", async () => {
  const demo = startDemo("--keep");
  await demo.says(/until you press Ctrl-C.*up --port 0\n/s);

  const [offered, closing] = [excerptOf(demo.said()), demo.said().split("until you press Ctrl-C")[1] ?? ""];
  const [status = ""] = closing.match(/^.* understudy .* status$/m) ?? [];
  const { stdout } = await promisify(execFile)("/bin/sh", ["-c", status], { cwd: ROOT, env });
  expect(stdout).toMatch(/^fresh +`acme`/);

  demo.child.kill("SIGINT");
  expect(await demo.ended).toBe(0);
  const folder = folderOf(demo.said());
  expect(folder).not.toBe("");
  expect(existsSync(folder)).toBe(false);

  const readme = normalised(blockOf(readFileSync(join(ROOT, "README.md"), "utf8")));
  const advice = readme === normalised(offered) ? "" : "run npm run readme";
  expect({ advice, readme }).toEqual({ advice: "", readme: normalised(offered) });
}, 180_000);

test("interrupted in the middle, it leaves nothing behind", async () => {
  const demo = startDemo();
  await demo.says(/# The first sync/);
  demo.child.kill("SIGINT");
  expect(await demo.ended).toBe(130);
  expect(existsSync(folderOf(demo.said()))).toBe(false);
}, 60_000);

test("words it does not know are refused", async () => {
  const refused = promisify(execFile)(process.execPath, [join(ROOT, "bin/demo.js"), "--kepe"]);
  await expect(refused).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("usage: npm run demo") });
});
