import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Jobs } from "../../../../src/app/jobs";
import { LoginSources } from "../../../../src/app/open/login-sources";
import { Failure } from "../../../../src/domain/errors";
import type { Job, LoginJob } from "../../../../src/domain/job";
import type { BrowserSignIn, LiveCheck } from "../../../../src/domain/live-check";
import type { Log } from "../../../../src/domain/log";
import { makeTempDir } from "../../../support/temp-dir";

const FILE = "jobs/acme.yaml";

test("that a source cannot be read while its logins go on is told, and keeps nobody waiting", async () => {
  const { path: home, remove } = await makeTempDir("login-sources");
  const told = new Promise<unknown>((resolve) => {
    const jobs = {
      loadLogin: async () => ({ file: FILE, secretFiles: [], login: {} }) as unknown as LoginJob,
      find: async () => null,
    } as unknown as Jobs;
    const log = { warn: (...all: unknown[]) => resolve(all) } as unknown as Log;
    const openLive = () => ({ close: async () => undefined }) as LiveCheck;
    const sources = new LoginSources({ home, jobs, openLive, openSignIn: () => ({}) as BrowserSignIn, log });
    void sources.find("acme");
  });
  expect(await told).toEqual([
    "the source's files have mistakes, so it cannot be read; logins go on by what its job file says of them",
    { source: "acme", fix: "see them: understudy check" },
  ]);
  await remove();
});

test("whoever looks while another one has read the edited file takes what that one opened", async () => {
  const { path: home, remove } = await makeTempDir("login-sources");
  await mkdir(join(home, "jobs"));
  await writeFile(join(home, FILE), "before");
  const now = jest.spyOn(performance, "now");
  const closed: number[] = [];
  let opened = 0;
  const sources = new LoginSources({
    home,
    jobs: {
      loadLogin: async () => ({ file: FILE, secretFiles: [], login: {} }) as unknown as LoginJob,
      find: async () => ({}) as Job,
    } as unknown as Jobs,
    openLive: () => {
      opened += 1;
      const number = opened;
      return { close: async () => void closed.push(number) } as unknown as LiveCheck;
    },
    openSignIn: () => ({}) as BrowserSignIn,
    log: {} as Log,
  });
  await sources.find("acme");
  await writeFile(join(home, FILE), "edited since");
  now.mockReturnValue(performance.now() + 10_000);
  const [one, other] = await Promise.all([sources.find("acme"), sources.find("acme")]);
  expect(other.live).toBe(one.live);
  // Whoever had found the one before may only now ask.
  expect(closed).toEqual([]);
  await sources.close();
  expect([opened, closed]).toEqual([2, [1, 2]]);
  await remove();
});

describe("an edit that broke the file", () => {
  /** A source whose file was read well and then broken; `pass` lets so many seconds go by and looks again. */
  async function brokenSource() {
    const { path: home, remove } = await makeTempDir("login-sources");
    await mkdir(join(home, "jobs"));
    await writeFile(join(home, FILE), "good");
    const now = jest.spyOn(performance, "now");
    let time = performance.now();
    now.mockImplementation(() => time);
    let good = true;
    const seen = { loads: 0, warnings: 0 };
    const jobs = {
      loadLogin: async () => {
        seen.loads += 1;
        if (!good) throw new Failure("CFG005", "a mistake");
        return { file: FILE, secretFiles: [], login: { n: seen.loads } } as unknown as LoginJob;
      },
      find: async () => ({}) as Job,
    } as unknown as Jobs;
    const warn = () => {
      seen.warnings += 1;
    };
    const log = { warn } as unknown as Log;
    const openLive = () => ({ close: async () => undefined }) as LiveCheck;
    const sources = new LoginSources({ home, jobs, openLive, openSignIn: () => ({}) as BrowserSignIn, log });
    const pass = async (seconds: number) => {
      time += 1_000 * seconds + 1;
      return (await sources.find("acme")).policy as unknown as { n: number };
    };
    await pass(0);
    const write = async (text: string, is: "good" | "broken") => {
      good = is === "good";
      await writeFile(join(home, FILE), text);
    };
    await write("broken by hand", "broken");
    const before = await pass(1);
    onTestEnd.push(async () => {
      now.mockRestore();
      await sources.close();
      await remove();
    });
    const mend = () => {
      good = true;
    };
    return { pass, write, seen, before, mend };
  }
  const onTestEnd: (() => Promise<void>)[] = [];
  afterEach(() => Promise.all(onTestEnd.splice(0).map((end) => end())));

  test("leaves logins as they were, and the next one counts within a second", async () => {
    const { pass, write, seen, before } = await brokenSource();
    expect([before, seen]).toEqual([{ n: 1 }, { loads: 2, warnings: 1 }]);
    await write("mended, and stricter", "good");
    expect(await pass(1)).toEqual({ n: 3 });
  });

  test("is told once, and another one once more", async () => {
    const { pass, write, seen } = await brokenSource();
    for (let look = 0; look < 30; look += 1) expect(await pass(1)).toEqual({ n: 1 });
    expect(seen.warnings).toBe(1);
    expect(seen.loads).toBeLessThan(6);
    await write("broken in another way", "broken");
    await pass(1);
    expect(seen.warnings).toBe(2);
  });

  test("and is mended elsewhere, as in a secret file that it names and that comes later, counts a little later", async () => {
    const { pass, mend } = await brokenSource();
    mend();
    expect(await pass(1)).toEqual({ n: 1 });
    expect(await pass(10)).toEqual({ n: 3 });
  });
});
