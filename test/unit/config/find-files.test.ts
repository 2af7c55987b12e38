import fs from "node:fs/promises";
import { join } from "node:path";
import { listSources, loadProject } from "../../../src/config/load-project";
import { ScheduleFiles } from "../../../src/config/schedule-files";
import { type Files, told, USERS, withFolder } from "./project-folder";

const job = (source: string) =>
  `source: ${source}\nbaseUrl: https://a.example\nentities: { users: { get: /u, page: none, deletes: never } }\n`;
const GOOD: Files = {
  "jobs/acme.yaml": job("acme"),
  "jobs/corp.yaml": job("corp"),
  "mappings/acme/users.yaml": USERS,
  "mappings/corp/users.yaml": USERS,
};

const problemsOf = async (home: string) => (await loadProject({ home, env: {}, requireEnv: true })).problems.map(told);

/** Permissions do not bind the superuser, whom tests may run as. */
async function closed<T>(folder: string, use: () => Promise<T>): Promise<T> {
  const { readdir } = fs;
  const spy = jest.spyOn(fs, "readdir").mockImplementation((async (path: string, options: object) => {
    if (path === folder) throw Object.assign(new Error("EACCES"), { code: "EACCES" });
    return await readdir(path, options as never);
  }) as never);
  try {
    return await use();
  } finally {
    spy.mockRestore();
  }
}

describe("a folder that may not be listed is a mistake in the files, and no empty one", () => {
  const NOT_PERMITTED =
    "the files in this folder cannot be listed: there is no permission → let the user that Understudy runs as read it, and enter the folders above it";

  test.each([
    ["jobs", "CFG002"],
    ["mappings", "MAP010"],
    ["mappings/corp", "MAP010"],
  ])("%s", async (folder, code) => {
    await withFolder(GOOD, (home) =>
      closed(join(home, folder), async () => {
        expect(await problemsOf(home)).toEqual([`${folder}:1:1 «» ${code} ${NOT_PERMITTED}`]);
        expect(await loadProject({ home, env: {}, requireEnv: true, only: "corp" })).toMatchObject({
          jobs: [],
          problems: [expect.objectContaining({ code, file: folder })],
        });
      }),
    );
  });

  test("also to those who only ask which sources there are, and when", async () => {
    await withFolder(GOOD, (home) =>
      closed(join(home, "jobs"), async () => {
        const refusal = { code: "CFG002", exitCode: 3, message: expect.stringContaining(`${join(home, "jobs")}: `) };
        await expect(listSources(home)).rejects.toMatchObject(refusal);
        await expect(new ScheduleFiles({ home, env: {} }).read()).rejects.toMatchObject(refusal);
      }),
    );
  });

  test("and another source's mappings are nobody else's business", async () => {
    await withFolder(GOOD, (home) =>
      closed(join(home, "mappings/corp"), async () => {
        const { problems } = await loadProject({ home, env: {}, requireEnv: true, only: "acme" });
        expect(problems).toEqual([]);
      }),
    );
  });
});

describe("what is there, and not as it should be, is told for what it is", () => {
  const NO_FOLDER = "it is no folder, or one above it is none → put a folder there";

  test("a file where the job files or mappings should be", async () => {
    await withFolder({ jobs: "", mappings: "" }, async (home) => {
      expect(await problemsOf(home)).toEqual([
        `jobs:1:1 «» CFG002 the files in this folder cannot be listed: ${NO_FOLDER}`,
        `mappings:1:1 «» MAP010 the files in this folder cannot be listed: ${NO_FOLDER}`,
      ]);
    });
    await withFolder({ ...GOOD, "mappings/corp/users.yaml": USERS }, async (home) => {
      await fs.rm(join(home, "mappings/corp"), { recursive: true });
      await fs.writeFile(join(home, "mappings/corp"), "");
      await fs.writeFile(join(home, "mappings/README"), "");
      expect(await problemsOf(home)).toEqual([
        `mappings/corp:1:1 «» MAP010 the files in this folder cannot be listed: ${NO_FOLDER}`,
      ]);
    });
  });

  test("a folder where a job file should be", async () => {
    await withFolder({ "jobs/acme.yaml/x": "", "mappings/acme/users.yaml/x": "" }, async (home) => {
      const isFolder = "the file cannot be read: it is a folder → put an ordinary file there";
      expect(await problemsOf(home)).toEqual([
        `jobs/acme.yaml:1:1 «» CFG002 ${isFolder}`,
        `mappings/acme/users.yaml:1:1 «» MAP010 ${isFolder}`,
      ]);
    });
  });

  test("a link: followed to a folder, and told when it leads nowhere", async () => {
    await withFolder(GOOD, async (home) => {
      await fs.rename(join(home, "mappings/corp"), join(home, "shared"));
      await fs.symlink("../shared", join(home, "mappings/corp"));
      expect(await problemsOf(home)).toEqual([]);
      await fs.rename(join(home, "shared"), join(home, "elsewhere"));
      expect(await problemsOf(home)).toEqual([
        "mappings/corp:1:1 «» MAP010 the files in this folder cannot be listed: it is a link that leads nowhere → correct the link, or remove it",
      ]);
      await fs.rm(join(home, "jobs"), { recursive: true });
      await fs.symlink("nowhere", join(home, "jobs"));
      await expect(listSources(home)).rejects.toMatchObject({ code: "CFG002", fix: "correct the link, or remove it" });
    });
  });

  test("nothing at all, and there is nothing to tell", async () => {
    await withFolder({}, async (home) => {
      expect(await problemsOf(home)).toEqual([]);
      expect(await listSources(home)).toEqual([]);
    });
  });
});
