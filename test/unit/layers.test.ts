/** The import rules are kept by a machine; this sees that the machine looks, for several such tools pass silently when misconfigured. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(__dirname, "..", "..");
const DEPCRUISE = join(ROOT, "node_modules", "dependency-cruiser", "bin", "dependency-cruise.mjs");

interface Report {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

/** The rules of the house, applied to the `src` of `folder`. */
function cruise(folder: string): Promise<Report["summary"]> {
  const args = [DEPCRUISE, "--config", join(ROOT, ".dependency-cruiser.cjs"), "--output-type", "json", "src"];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 1 << 26 }, (error, stdout) => {
      // It exits with the number of violations; only an empty answer is a failure of the tool.
      if (stdout === "") reject(error);
      else resolve((JSON.parse(stdout) as Report).summary);
    });
  });
}

const PLANTED = [
  ["domain-imports-nothing", "src/domain/planted.ts", "../mirror/target"],
  ["upstream-imports-domain-only", "src/upstream/planted.ts", "../mirror/target"],
  ["sync-imports-domain-only", "src/sync/planted.ts", "../mirror/target"],
  ["cli-imports-app-and-config", "src/cli/planted.ts", "../mirror/target"],
  ["read-of-sync-imports-no-later-room", "src/sync/read/planted.ts", "../judge/target"],
  ["nobody-imports-app", "src/mirror/importer.ts", "../app"],
  ["only-mirror-imports-knex", "src/sync/importer.ts", "knex"],
  ["only-mapping-imports-jsonata", "src/config/planted.ts", "jsonata"],
  ["only-upstream-imports-undici", "src/login/planted.ts", "undici"],
  ["only-schedule-imports-bullmq", "src/app.ts", "bullmq"],
  ["no-cycles", "src/mirror/planted.ts", "./target"],
] as const;

describe("of all that is planted together", () => {
  let found: readonly string[];

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "understudy-layers-"));
    try {
      await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
      for (const [path, text] of [
        ["src/mirror/target.ts", 'export { value as target } from "./planted";\n'],
        ["src/sync/judge/target.ts", "export const value = 1;\n"],
        ...PLANTED.map(([, file, imported]) => [
          file,
          `import * as planted from "${imported}";\nexport const value = planted;\n`,
        ]),
      ] as const) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      }
      const { violations } = await cruise(folder);
      found = violations.map(({ rule, from }) => `${rule.name} by ${from}`);
    } finally {
      await rm(folder, { recursive: true });
    }
  }, 60_000);

  test.each(PLANTED)("a planted violation of %s turns the check red", (rule, file) => {
    expect(found).toContain(`${rule} by ${file}`);
  });
});

test("the house itself is clean, and all of it is looked at", async () => {
  const { violations, totalCruised } = await cruise(ROOT);
  expect(violations).toEqual([]);
  expect(totalCruised).toBeGreaterThan(100);
});

test("every rule is about files that there are: of a folder that was renamed it would hold nothing", async () => {
  const { forbidden } = require("../../.dependency-cruiser.cjs") as {
    readonly forbidden: readonly { readonly name: string; readonly from: { readonly path?: string } }[];
  };
  const files = (await readdir(join(ROOT, "src"), { recursive: true })).map((file) => `src/${file}`);
  const idle = forbidden.filter(({ from: { path = "" } }) => !files.some((file) => new RegExp(path).test(file)));
  expect(idle.map(({ name }) => name)).toEqual([]);
});
