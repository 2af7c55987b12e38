import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Jobs } from "../../../../src/app/jobs";
import { LoginSources } from "../../../../src/app/open/login-sources";
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
