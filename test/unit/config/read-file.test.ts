import fs from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { MOST_BYTES, readFile, readTextFile } from "../../../src/config/read-file";
import { makePipes, withFolder } from "./project-folder";

const why = (path: string, most: number = MOST_BYTES.secret) => {
  const read = readFile(path, most);
  return Buffer.isBuffer(read) ? read.toString() : read.why;
};

describe("a file", () => {
  test("is read whole up to its limit, and not beyond", async () => {
    await withFolder(
      { a: "x".repeat(MOST_BYTES.secret), b: "x".repeat(MOST_BYTES.secret + 1), c: "" },
      async (home) => {
        expect(readTextFile(join(home, "a"), MOST_BYTES.secret)).toHaveLength(MOST_BYTES.secret);
        expect(why(join(home, "b"))).toBe("it holds more than 64 KiB");
        expect(why(join(home, "b"), MOST_BYTES.environment)).toHaveLength(MOST_BYTES.secret + 1);
        expect(why(join(home, "c"))).toBe("");
      },
    );
  });

  test("that nobody writes into, or that never ends, is not waited for", async () => {
    await withFolder({}, async (home) => {
      makePipes(join(home, "pipe"));
      expect(why(join(home, "pipe"))).toBe("it is a pipe");
      expect(why("/dev/zero")).toBe("it is a device");
    });
  });

  test("that is none is told for what it is", async () => {
    await withFolder({ file: "x" }, async (home) => {
      const at = (name: string) => join(home, name);
      await mkdir(at("folder"));
      await symlink("file", at("good"));
      await symlink("gone", at("nowhere"));
      await symlink("itself", at("itself"));
      expect(why(at("good"))).toBe("x");
      expect(why(at("folder"))).toBe("it is a folder");
      expect(why(at("nowhere"))).toBe("it is a link that leads nowhere");
      expect(why(at("itself"))).toBe("it is a link that leads back to itself");
      expect(why(at("file/below"))).toBe("it is no folder, or one above it is none");
      expect(why(at("absent"))).toBe("it does not exist");
      expect(readFile(at("absent"), 1)).toMatchObject({ isAbsent: true });
      expect(readFile(at("nowhere"), 1)).toMatchObject({ isAbsent: false });
    });
  });

  test("that may not be read says who must be let in", () => {
    // Permissions do not bind the superuser, whom tests may run as.
    const open = jest.spyOn(fs, "openSync").mockImplementation(() => {
      throw Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
    });
    try {
      expect(readFile("/secret", 1)).toEqual({
        why: "there is no permission",
        fix: "let the user that Understudy runs as read it, and enter the folders above it",
        isAbsent: false,
      });
    } finally {
      open.mockRestore();
    }
  });

  test.each([
    ["at once", Buffer.from([0xff, 0xfe, 0x61]), 0],
    ["behind a wide character", Buffer.concat([Buffer.from("a: ü\nb: 😀"), Buffer.from([0xe9, 0x0a])]), 10],
    ["behind a character that stands for such bytes", Buffer.concat([Buffer.from("\ufffdx"), Buffer.from([0xef])]), 2],
  ])("that is no text tells where that begins, %s", async (_, bytes, start) => {
    await withFolder({ file: bytes }, async (home) => {
      expect(readTextFile(join(home, "file"), 100)).toMatchObject({ why: "it is not UTF-8 text", broken: { start } });
    });
  });

  const ofNoSize = "/proc/self/status";
  (fs.existsSync(ofNoSize) ? test : test.skip)("whose size the system does not tell is read all the same", () => {
    expect(why(ofNoSize)).toContain("Name:");
  });
});
