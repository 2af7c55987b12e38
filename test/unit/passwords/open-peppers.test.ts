import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openPeppers } from "../../../src/passwords/open-peppers";
import { Pepper } from "../../../src/passwords/pepper";
import { makeTempDir, type TempDir } from "../../support/temp-dir";

let folder: TempDir;
beforeEach(async () => {
  folder = await makeTempDir();
});
afterEach(() => folder.remove());

const NOTHING_SET = { current: null, previous: null };
const at = (...names: readonly string[]) => join(folder.path, ...names);
const open = (file = at(".understudy", "pepper")) => openPeppers({ ...NOTHING_SET, file });

test("one is made once, and is the same from then on", async () => {
  const [[made, ...none], [kept]] = [await open(), await open()];
  expect(none).toEqual([]);
  expect(kept.id).toBe(made.id);
});

test("white space around one is none of it, but what was hashed with it is still read", async () => {
  const [secret, older] = ["a secret of thirty-two characters", "another one, of thirty-two characters"];
  const ids = async (current: string | null, previous: string | null) =>
    (await openPeppers({ current, previous, file: at("none") })).map(({ id }) => id);
  const asGiven = (one: string) => new Pepper(one).id;
  expect(await ids(`${secret}\n`, null)).toEqual([asGiven(secret), asGiven(`${secret}\n`)]);
  expect(await ids(secret, ` ${older}\r\n`)).toEqual([asGiven(secret), asGiven(older), asGiven(` ${older}\r\n`)]);
  expect(await ids(secret, `${secret}\n`)).toEqual([asGiven(secret), asGiven(`${secret}\n`)]);
});

describe("one that cannot be kept is told, with what stands in the way and what to do:", () => {
  test("a file in the place of the folder", async () => {
    await writeFile(at(".understudy"), "");
    await expect(open()).rejects.toMatchObject({
      code: "LOG004",
      message: `the pepper of passwords cannot be kept in ${at(".understudy", "pepper")}: a file is in the way of its folder; without it no password can be checked or kept`,
      fix: "remove or rename that file, or set LOGIN_PEPPER",
    });
  });

  test("a file further above", async () => {
    await writeFile(at("file"), "");
    await expect(open(at("file", ".understudy", "pepper"))).rejects.toMatchObject({
      code: "LOG004",
      fix: expect.stringContaining("rename that file"),
    });
  });

  test("a folder in its own place", async () => {
    await mkdir(at(".understudy", "pepper"), { recursive: true });
    await expect(open()).rejects.toMatchObject({
      code: "LOG004",
      message: expect.stringContaining("cannot be read from"),
      // Also beside one that is set, what was kept is read.
      fix: "remove or rename that folder",
    });
  });

  test("whatever else the system says", async () => {
    await symlink("itself", at("itself"));
    await expect(open(at("itself", "pepper"))).rejects.toMatchObject({
      code: "LOG004",
      message: expect.stringContaining("the system says ELOOP"),
    });
  });
});
