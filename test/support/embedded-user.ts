import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

/** A process of its own that uses a folder's embedded server. */
export interface EmbeddedUser {
  readonly host: string;
  readonly dataDir: string;
  readonly reused: boolean;
  /** Ends in good order. */
  leave(): Promise<void>;
  /** Ends by kill -9. */
  kill(): Promise<void>;
}

/** Starts it and waits until it has the server; throws what it was told instead. */
export async function startEmbeddedUser(home: string, uid?: number): Promise<EmbeddedUser> {
  const child = spawn(process.execPath, [join(__dirname, "embedded-user-process.cjs"), home], {
    cwd: home,
    stdio: ["pipe", "pipe", "inherit"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const line = await firstLine(child);
  const answer = JSON.parse(line) as { host: string; dataDir: string; reused: boolean } | { code: string };
  if ("code" in answer) throw Object.assign(new Error(line), answer);
  const end = async (how: () => void) => {
    const gone = once(child, "exit");
    how();
    await gone;
  };
  return { ...answer, leave: () => end(() => child.stdin?.end()), kill: () => end(() => child.kill("SIGKILL")) };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error("no output");
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error("the process ended without a word");
}

/** The numbers of the processes whose command line names `text`: of a data folder, its server and its keepers. */
export async function processesNaming(text: string): Promise<number[]> {
  const processes = await commandLines();
  return processes.filter(({ pid, command }) => pid !== process.pid && command.includes(text)).map(({ pid }) => pid);
}

export async function keepersOf(dataDir: string): Promise<number[]> {
  const processes = await commandLines();
  return processes
    .filter(({ command }) => /keeper\.cjs/.test(command) && command.includes(dataDir))
    .map(({ pid }) => pid);
}

async function commandLines(): Promise<{ pid: number; command: string }[]> {
  if (process.platform !== "linux") {
    const { stdout } = await promisify(execFile)("ps", ["-axww", "-o", "pid=,args="]);
    return stdout.split("\n").map((line) => ({ pid: Number.parseInt(line, 10), command: line }));
  }
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  return Promise.all(
    pids.map(async (pid) => ({
      pid: Number(pid),
      command: await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""),
    })),
  );
}

/** Waits for a state of the system that announces itself to nobody. */
export async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(20);
  }
}
