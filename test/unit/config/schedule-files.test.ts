import { chmod, readFile, rename, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { readSchedule } from "../../../src/config/job/read-schedule";
import { listSources } from "../../../src/config/load-project";
import { ScheduleFiles } from "../../../src/config/schedule-files";
import { JOB_CODES } from "../../../src/config/yaml/entry";
import { parseYaml } from "../../../src/config/yaml/parse-yaml";
import type { Problem } from "../../../src/domain/errors";
import type { Schedule } from "../../../src/domain/job";
import { nextSlot } from "../../../src/schedule/slot-times";
import { holds } from "../../support/holds";
import { type Files, load, told, USERS, withFolder } from "./project-folder";

const job = (schedule: string, source = "acme") =>
  [
    `source: ${source}`,
    "baseUrl: https://api.example.com",
    ...(schedule === "" ? [] : [`schedule: ${schedule}`]),
    "entities: { users: { get: /users, page: none, deletes: sweep } }\n",
  ].join("\n");

const NIGHTLY = '{ cron: "15 2 * * *", timezone: Europe/Berlin }';

const READ: Schedule = {
  cron: "15 2 * * *",
  timezone: "Europe/Berlin",
  jitter: 0,
  missed: "once",
  grace: 43_200_000,
  overlap: "skip",
};

/** Lends job files to be changed, and what reads their schedules. */
const withSchedules = (
  files: Files,
  use: (world: { home: string; files: ScheduleFiles; path: string }) => Promise<void>,
) =>
  withFolder(files, (home) =>
    use({ home, path: join(home, "jobs/acme.yaml"), files: new ScheduleFiles({ home, env: {} }) }),
  );

/** What is read of one file alone. */
async function readAlone(text: string | Uint8Array) {
  let read = null;
  await withSchedules({ "jobs/acme.yaml": text }, async ({ files }) => {
    [read = null] = await files.read();
  });
  return read;
}

describe("the schedule of a job file", () => {
  test("is read without what else the job needs", async () => {
    const text = `${job('{ cron: "15 2 * * *", timezone: Europe/Berlin, jitter: 5m, missed: skip, grace: 1h, overlap: queue }')}auth: { kind: bearer, token: "\${NOT_SET}" }\nopenapi: gone.yaml\n`;
    expect(await readAlone(text)).toEqual({
      source: "acme",
      schedule: { ...READ, jitter: 300_000, missed: "skip", grace: 3_600_000, overlap: "queue" },
      broken: null,
      problems: [],
    });
  });

  test("may come by seconds, and is told with one blank between its words", async () => {
    const { jobs, problems } = await load({
      "jobs/acme.yaml": job('{ cron: " */2  *\\t* * * mon-FRI " }'),
      "mappings/acme/users.yaml": USERS,
    });
    expect(problems.map(told)).toEqual([]);
    expect(jobs[0]?.schedule?.cron).toBe("*/2 * * * * mon-FRI");
  });

  test("may be missing", async () => {
    expect(await readAlone(job(""))).toEqual({ source: "acme", schedule: null, broken: null, problems: [] });
  });

  test("counts although something else in the file is wrong", async () => {
    expect(await readAlone(job(NIGHTLY).replace("entities", "entitis"))).toMatchObject({
      schedule: READ,
      broken: null,
    });
  });

  test.each([
    [
      "a time zone that does not exist",
      job('{ cron: "15 2 * * *", timezone: Europe/Berln }'),
      "3:43: `Europe/Berln` is not a time zone",
    ],
    ["an unknown word", job('{ cron: "15 2 * * *", timzone: UTC }'), "3:33: unknown key `timzone` in `schedule`"],
    ["no cron", job("{ timezone: UTC }"), "3:1: `cron` is missing: `schedule` needs it"],
    [
      "nothing under it",
      job("").replace("entities", "schedule:\nentities"),
      "3:1: `schedule` is empty; it must be a map",
    ],
    ["text that is no YAML", job('{ cron: "15 2 * *'), /^jobs\/acme.yaml:\d+:\d+: /],
    ["an empty file", "", "1:1: the file is empty"],
    [
      "bytes that are no text",
      new Uint8Array([0xff, 0xfe, 0x00]),
      "1:1: the file cannot be read: it is not UTF-8 text",
    ],
    [
      "half a file, that does not come to its schedule",
      "source: acme\nbaseUrl: https://api.exa",
      "1:1: `entities` is missing: the job file needs it",
    ],
    [
      "the word itself mistyped",
      job(NIGHTLY).replace("schedule", "schedul"),
      "3:1: unknown key `schedul` in a job file",
    ],
  ])("is not known with %s", async (_, text, broken) => {
    expect(await readAlone(text)).toMatchObject({
      source: "acme",
      schedule: null,
      broken: typeof broken === "string" ? `jobs/acme.yaml:${broken}` : expect.stringMatching(broken),
      problems: expect.arrayContaining([expect.objectContaining({ severity: "error", file: "jobs/acme.yaml" })]),
    });
  });

  test("is the same that a run's job holds", async () => {
    const files = { "jobs/acme.yaml": job(NIGHTLY), "mappings/acme/users.yaml": USERS };
    const { jobs } = await load(files);
    expect(await readAlone(job(NIGHTLY))).toMatchObject({ schedule: jobs[0]?.schedule });
  });
});

test("every cron that passes the check comes round", () => {
  const field = (least: number, most: number, names: readonly string[] = []) => {
    const value = fc.oneof(
      fc.integer({ min: least, max: most }).map(String),
      ...(names.length ? [fc.constantFrom(...names)] : []),
    );
    const item = fc.oneof(
      fc.constant("*"),
      value,
      fc.tuple(value, value).map(([from, to]) => `${from}-${to}`),
      fc
        .tuple(fc.constantFrom("*", "1-5", "3"), fc.integer({ min: 0, max: 70 }))
        .map(([span, step]) => `${span}/${step}`),
    );
    return fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(","));
  };
  const crons = fc
    .tuple(
      fc.oneof(fc.constant(null), field(0, 60)),
      field(0, 60),
      field(0, 24),
      field(0, 32),
      field(0, 13, ["jan", "FEB", "dec"]),
      field(0, 8, ["sun", "Sat"]),
    )
    .map((words) => words.filter((word) => word !== null).join(" "));
  let passed = 0;
  holds(
    fc.property(crons, (cron) => {
      const problems: Problem[] = [];
      const root = parseYaml("jobs/acme.yaml", `schedule: { cron: "${cron}" }\n`, JOB_CODES, problems);
      const schedule = readSchedule(root?.get("schedule") ?? null);
      if (schedule === null || problems.length > 0) return;
      passed += 1;
      expect(nextSlot(schedule, new Date("2026-01-01T00:00Z"))).not.toBeNull();
    }),
    2_000,
  );
  expect(passed).toBeGreaterThan(100);
});

describe("schedules that are looked at again", () => {
  const TWO: Files = { "jobs/acme.yaml": job(NIGHTLY), "jobs/beta.yaml": job("", "beta"), "jobs/notes.yml": "nothing" };

  test("have the names and the order of the sources", async () => {
    await withSchedules(TWO, async ({ home, files }) => {
      expect((await files.read()).map(({ source }) => source)).toEqual(await listSources(home));
    });
  });

  test("belong to the file they stand in, also when two files claim one source", async () => {
    const hourly = job('{ cron: "0 * * * *" }');
    await withSchedules({ "jobs/acme.yaml": job(NIGHTLY), "jobs/other.yaml": hourly }, async ({ files }) => {
      expect((await files.read()).map(({ source, schedule }) => [source, schedule?.cron])).toEqual([
        ["acme", "15 2 * * *"],
        ["other", "0 * * * *"],
      ]);
    });
  });

  test("are the same objects as long as no file has changed, and others only where one has", async () => {
    await withSchedules(TWO, async ({ path, files }) => {
      const [acme, beta] = await files.read();
      expect(await files.read()).toEqual([acme, beta]);
      expect((await files.read()).map((file, index) => file === [acme, beta][index])).toEqual([true, true]);
      // Written again with the same words.
      await writeFile(path, await readFile(path));
      expect((await files.read())[0]).toBe(acme);
      await writeFile(path, job('{ cron: "16 2 * * *", timezone: Europe/Berlin }'));
      const [edited, same] = await files.read();
      expect(edited?.schedule).toEqual({ ...READ, cron: "16 2 * * *" });
      expect(same).toBe(beta);
    });
  });

  test("are read again after a change that leaves the file's length and time as they were", async () => {
    await withSchedules(TWO, async ({ path, files }) => {
      const old = new Date("2026-01-01T00:00:00Z");
      await utimes(path, old, old);
      await files.read();
      await writeFile(path, job(NIGHTLY).replace("15 2", "16 2"));
      await utimes(path, old, old);
      expect((await files.read())[0]?.schedule?.cron).toBe("16 2 * * *");
    });
  });

  test("are told of a file that was put in the place of another", async () => {
    await withSchedules(TWO, async ({ path, files }) => {
      await files.read();
      await writeFile(`${path}.new`, job(NIGHTLY).replace("15 2", "17 2"));
      await rename(`${path}.new`, path);
      expect((await files.read())[0]?.schedule?.cron).toBe("17 2 * * *");
    });
  });

  test("follow a file that breaks, is mended, and vanishes with its folder", async () => {
    await withSchedules({ "jobs/acme.yaml": job(NIGHTLY) }, async ({ home, path, files }) => {
      const [good] = await files.read();
      await writeFile(path, "source: [");
      expect(await files.read()).toMatchObject([{ source: "acme", schedule: null, broken: expect.any(String) }]);
      await writeFile(path, job(NIGHTLY));
      expect(await files.read()).toEqual([good]);
      await unlink(path);
      expect(await files.read()).toEqual([]);
      await rename(join(home, "jobs"), join(home, "gone"));
      expect(await files.read()).toEqual([]);
    });
  });

  test("are not known of a file that cannot be read", async () => {
    await withSchedules({ "jobs/acme.yaml": job(NIGHTLY) }, async ({ path, files }) => {
      await files.read();
      await chmod(path, 0o000);
      // The superuser reads it all the same.
      const isReadable = (await stat(path)).uid === process.getuid?.() && process.getuid?.() === 0;
      const broken = "jobs/acme.yaml:1:1: the file cannot be read: there is no permission";
      expect((await files.read())[0]?.broken).toBe(isReadable ? null : broken);
    });
  });
});
