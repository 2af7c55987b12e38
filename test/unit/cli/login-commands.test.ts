import { PassThrough, Readable } from "node:stream";
import { readPassword } from "../../../src/cli/arguments/read-password";
import type { LoginCall, VerifyAnswer } from "../../../src/domain/login";
import { command } from "./command";

const terminal = (stdin: Readable) => {
  const stderr = new PassThrough();
  return { said: () => String(stderr.read() ?? ""), terminal: { stdin, stdout: stderr, stderr, env: {}, cwd: "/" } };
};

describe("a password", () => {
  test.each([
    ["its first line", "right\nmore\n", "right"],
    ["without a newline", "right", "right"],
    ["of Windows", "right\r\n", "right"],
    ["with spaces, as they are", "  r i g h t  \n", "  r i g h t  "],
    ["with letters beyond ASCII", "pässwörd\n", "pässwörd"],
    ["with a byte order mark, as it is", "\ufeffx\n", "\ufeffx"],
  ])("comes from standard input: %s", async (_, input, expected) => {
    expect(await readPassword(terminal(Readable.from([Buffer.from(input)])).terminal, "?")).toBe(expected);
  });

  test.each([
    ["none", Buffer.from("")],
    ["an empty line", Buffer.from("\nright\n")],
    ["what is no text", Buffer.from([0xff, 0xfe, 0x0a])],
  ])("is refused: %s", async (_, input) => {
    await expect(readPassword(terminal(Readable.from([input])).terminal, "?")).rejects.toMatchObject({
      code: "USE001",
    });
  });

  test("is typed at a prompt that shows nothing of it", async () => {
    const raw: boolean[] = [];
    const stdin = Object.assign(Readable.from(["rigx", "\u007f", "ht", "\r", "rest"]), {
      isTTY: true,
      setRawMode: (on: boolean) => void raw.push(on),
    });
    const { said, terminal: place } = terminal(stdin);
    expect(await readPassword(place, "Password of ada")).toBe("right");
    expect([said(), raw]).toEqual(["Password of ada: \n", [true, false]]);
  });

  test("is left with Ctrl-C, and the terminal is as it was", async () => {
    const raw: boolean[] = [];
    const stdin = Object.assign(Readable.from(["rig", "\u0003"]), {
      isTTY: true,
      setRawMode: (on: boolean) => void raw.push(on),
    });
    await expect(readPassword(terminal(stdin).terminal, "?")).rejects.toMatchObject({ code: "RUN004" });
    expect(raw).toEqual([true, false]);
  });
});

describe("verify", () => {
  const verify = async (answer: VerifyAnswer["answer"], steps: VerifyAnswer["steps"] = []) => {
    const calls: LoginCall[] = [];
    const said = await command(
      ["verify", "acme", "ada"],
      {
        verifyLogin: async (call) => {
          calls.push(call);
          return { answer, steps };
        },
      },
      { input: "right\n" },
    );
    return { ...said, calls };
  };

  test("asks with what stands on standard input, and tells the steps", async () => {
    const { exitCode, out, err, calls } = await verify({ result: "refused" }, [
      { step: "limits", found: "may try" },
      { step: "the customer's system", found: "refused after 12 ms" },
    ]);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
    expect(out).toBe("  limits                 may try\n  the customer's system  refused after 12 ms\nrefused\n");
    expect(calls[0]?.credential).toEqual({ kind: "password", login: "ada", password: "right" });
  });

  test("ends with 4 when neither can say", async () => {
    const { exitCode, out } = await verify({ result: "unavailable", retryAfter: 30 });
    expect([exitCode, out]).toEqual([4, "neither can say; try again in 30 seconds\n"]);
  });
});

test.each([
  ["offline drill acme", "give either --for with a duration, or --end"],
  ["offline drill acme --for 10m --end", "give either --for with a duration, or --end"],
  ["offline drill acme --for 5h", "it must be a duration up to 4h"],
  ["grant u1 r1 --source acme", "--reason"],
  ["grant u1 r1 --source acme --reason x --until tomorrow", "it must be a date"],
  ["grant u1 r1 --source acme --reason ' '", "it must say why"],
  ["admin create root --reason ''", "it must say why"],
  ["admin create root --reason x --role ''", "it must be a key, and is empty"],
  ["grant revoke seven --source acme", "it must be the number of a grant"],
  ["admin create 'a b' --reason x", "it must be lower-case letters"],
])("%s is a usage error", async (line, expected) => {
  const argv = (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ""));
  const { exitCode, err } = await command(argv);
  expect([exitCode, err]).toEqual([2, expect.stringContaining(expected)]);
});

test("an administrator's password is long, for nothing else stands before it", async () => {
  const { exitCode, err } = await command(
    ["admin", "create", "root", "--reason", "x"],
    {},
    { input: "fourteen chars\n" },
  );
  expect([exitCode, err]).toEqual([2, expect.stringContaining("shorter than 15 characters")]);
});
