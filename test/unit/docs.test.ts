import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { documents, ROOT } from "../support/documents";

const DOCUMENTS = documents();

const withoutCode = (text: string): string => text.replaceAll(/^```.*?^```/gms, "").replaceAll(/`[^`\n]*`/g, "code");

/** As GitHub names the place of a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

const headings = (file: string): readonly string[] =>
  [...readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading ?? ""));

test.each(DOCUMENTS)("$name links only to what is there", ({ name, text }) => {
  const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? "");
  const broken = links.filter((link) => {
    if (/^https?:/.test(link) || name === "docs/decisions/template.md") return false;
    const [path = "", place] = link.split("#");
    const file = path === "" ? join(ROOT, name) : join(ROOT, dirname(name), path);
    return !existsSync(file) || (place !== undefined && !headings(file).includes(place));
  });
  expect(broken).toEqual([]);
});

test("every npm script the documents name exists", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };
  const named = DOCUMENTS.flatMap(({ text }) => [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name ?? ""));
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

describe.each([
  ["job-file.md", "job.schema.json"],
  ["mapping-file.md", "mapping.schema.json"],
])("docs/reference/%s", (document, schema) => {
  /** Every property a schema describes, however deep. */
  const words = (value: unknown): readonly string[] => {
    if (typeof value !== "object" || value === null) return [];
    return Object.entries(value).flatMap(([name, inner]) => [
      ...(name === "properties" ? Object.keys(inner as object) : []),
      ...(name.startsWith("x-") || name === "examples" || name === "defaultSnippets" ? [] : words(inner)),
    ]);
  };

  test(`explains every word of schemas/${schema}`, () => {
    const text = readFileSync(join(ROOT, "docs/reference", document), "utf8");
    const all = new Set(words(JSON.parse(readFileSync(join(ROOT, "schemas", schema), "utf8"))));
    const silent = [...all].filter((word) => !new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(text));
    expect(silent).toEqual([]);
  });
});

const section = (heading: string): string =>
  readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8")
    .split(/^## /m)
    .find((text) => text.startsWith(heading)) ?? "";

test("the import table of ARCHITECTURE.md lists exactly the folders of the source", () => {
  const listed = [...section("Who may import whom").matchAll(/`(\w+)\/`/g)].map(([, folder]) => folder);
  const folders = readdirSync(join(ROOT, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(listed.toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
});

test("the way of a record is six files of at most 300 lines", () => {
  const files = [...section("The way of a record").matchAll(/\]\((src\/[^)]+)\)/g)].map(([, file]) => file ?? "");
  const long = files.filter((file) => readFileSync(join(ROOT, file), "utf8").split("\n").length > 301);
  expect({ files: files.length, long }).toEqual({ files: 6, long: [] });
});
