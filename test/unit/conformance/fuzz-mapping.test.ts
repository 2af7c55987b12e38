import type { Compile } from "../../../conformance/ask";
import { fuzzMapping } from "../../../conformance/fuzz-mapping";
import { compileStandalone } from "../../../src/mapping/compiler/standalone";

async function fuzz(args: readonly string[], compile: Compile) {
  let out = "";
  const stream = {
    write: (text: string) => {
      out += text;
    },
  };
  return { exitCode: await fuzzMapping(args, { stdout: stream, stderr: stream, compile }), out };
}

/** Loses the first of several items. */
const planted: Compile = (code) => {
  const run = compileStandalone(code);
  return (record, parent, lets) => {
    const value = run(record, parent, lets);
    return Array.isArray(value) && value.length > 1 ? value.slice(1) : value;
  };
};

test("a wrong answer ends the campaign with a small case, and the seed it names shows it again", async () => {
  const first = await fuzz(["--minutes", "0.5", "--seed", "1"], planted);
  expect(first.exitCode).toBe(1);
  const [, seed = ""] = /replay: npm run fuzz:mapping -- --minutes 1 --seed (\d+)/.exec(first.out) ?? [];
  const again = await fuzz(["--minutes", "0.5", "--seed", seed], planted);
  const shown = ({ out }: { out: string }) => out.slice(out.indexOf("DISAGREEMENT"));
  expect(shown(again)).toBe(shown(first));
  const [, expression = ""] = / {2}expression {3}(.*)/.exec(first.out) ?? [];
  expect(expression.length).toBeLessThan(40);
});

test.each([[], ["--minutes", "soon"], ["--minutes", "1", "--seed", "x"], ["more"]])(
  "arguments it does not know are a usage error",
  async (...args) => {
    expect(await fuzz(args, planted)).toEqual({ exitCode: 2, out: expect.stringContaining("usage:") });
  },
);
