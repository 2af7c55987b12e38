import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { blocks, ROOT } from "../support/documents";

/** What differs from one demo to the next. */
const normalised = (text: string): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?UTC|Z)?/g, "TIME")
    .replaceAll(/\b\d+(\.\d+)? (ms|s)\b/g, "DURATION")
    .replaceAll(/127\.0\.0\.1:\d+/g, "ADDRESS")
    .replaceAll(/p_[0-9a-f]+/g, "PLAN");

test("the demo goes as told, shows what the README shows, and leaves nothing behind", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, "bin/demo.js")], {
    env: { ...process.env, NO_COLOR: "1", DATABASE_URL: "postgresql://127.0.0.1:1/not-ours" },
  });

  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const [shown = ""] = blocks(readme.slice(readme.indexOf("<!-- demo:begin -->")), "text");
  const parts = normalised(shown).split(/^…\n+/m);
  expect(parts.length).toBeGreaterThan(1);
  for (const part of parts) expect(normalised(stdout)).toContain(part.trimEnd());

  const [, folder = ""] = /works in (\S+)/.exec(stdout) ?? [];
  expect(folder).not.toBe("");
  expect(existsSync(folder)).toBe(false);
}, 120_000);
