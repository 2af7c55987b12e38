/** What people see in their editor: the language server that editors use, on samples of our files. It contacts nothing. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { type CompletionItem, getLanguageService, type MarkupContent, TextDocument } from "yaml-language-server";
import jobSchema from "../../schemas/job.schema.json";
import mappingSchema from "../../schemas/mapping.schema.json";
import { FIELDS, type Into } from "../../src/domain/entities";
import { blocks, documents, ROOT } from "../support/documents";

const service = getLanguageService({
  schemaRequestService: async (url) => readFileSync(new URL(url), "utf8"),
  workspaceContext: { resolveRelativePath: (path, file) => new URL(path, file).href },
});
service.configure({ validate: true, completion: true, hover: true, format: false, schemas: [] });

/** The one of two types of that name that the server takes. */
type Document = Parameters<typeof service.doValidation>[0];

/** A version of its own for every text, since what was parsed is kept by name and version. */
let versions = 0;
const open = (file: string, text: string): Document =>
  TextDocument.create(pathToFileURL(join(ROOT, file)).href, "yaml", ++versions, text) as Document;

/** A file with its modeline; `|` stands for the cursor. */
function typed(file: string, body: string) {
  const schema = file.startsWith("jobs/") ? "../schemas/job.schema.json" : "../../schemas/mapping.schema.json";
  const text = `# yaml-language-server: $schema=${schema}\n${body}`;
  const document = open(file, text.replace("|", ""));
  return { document, cursor: document.positionAt(text.indexOf("|")) };
}

const job = (body: string) => typed("jobs/sample.yaml", body);
const mapping = (body: string) => typed("mappings/sample/users.yaml", body);

async function offered({ document, cursor }: ReturnType<typeof typed>): Promise<readonly CompletionItem[]> {
  return (await service.doComplete(document, cursor, false)).items;
}

const labels = (items: readonly CompletionItem[]): readonly string[] => items.map(({ label }) => label);

async function hovered({ document, cursor }: ReturnType<typeof typed>): Promise<string> {
  return ((await service.doHover(document, cursor))?.contents as MarkupContent | undefined)?.value ?? "";
}

/** Mistakes, each with what it underlines. */
async function marked(document: Document): Promise<readonly (readonly [text: string, message: string])[]> {
  const found = await service.doValidation(document, false);
  return found.map(({ range, message }) => [document.getText(range), message]);
}

const START = "into: users\nkey: id\nfields:\n";

describe("completion", () => {
  const into = (name: string) => `into: ${name}\n${name.includes("_") ? "" : "key: id\n"}fields:\n  |`;

  test.each(Object.keys(FIELDS) as Into[])(
    "under `fields:` offers those of %s, each with its meaning",
    async (name) => {
      const items = await offered(mapping(into(name)));
      const known = new Set(Object.values(FIELDS).flatMap((fields) => fields.map((field) => field.name)));
      const fields = items.filter(({ label }) => known.has(label));
      expect(labels(fields).toSorted()).toEqual(
        FIELDS[name].flatMap((field) => (field.type === "password" ? [] : [field.name])).toSorted(),
      );
      for (const { documentation } of fields) expect(documentation).toEqual(expect.stringMatching(/\w{3}.*\./));
    },
  );

  test("goes on from what is typed already", async () => {
    expect(labels(await offered(mapping(`${START}  username: login\n  displ|`)))).toContain("display_name");
  });

  test("leaves out what is there already", async () => {
    expect(labels(await offered(mapping(`${START}  username: login\n  |`)))).not.toContain("username");
  });

  test("offers the words of a field", async () => {
    const words = labels(await offered(mapping(`${START}  username:\n    from: login\n    |`)));
    expect(words).toEqual(expect.arrayContaining(["map", "type", "default", "required", "pii", "invalid", "compare"]));
  });

  test.each([
    ["into: |", "users", "people who sign in"],
    [`${START}  title:\n    from: t\n    invalid: |`, "drop", "the field stays empty, and it is counted"],
  ])("in `%s` says what %s means", async (body, label, meaning) => {
    expect(await offered(mapping(body))).toContainEqual(expect.objectContaining({ label, documentation: meaning }));
  });

  test("of `auth` depends on its kind", async () => {
    expect(labels(await offered(job("source: a\nauth:\n  kind: oauth2\n  |")))).toContain("tokenUrl");
    expect(labels(await offered(job("source: a\nauth:\n  kind: basic\n  |")))).not.toContain("tokenUrl");
  });
});

describe("snippets", () => {
  /** The text with a completion in it, its places filled with what they propose. */
  const inserted = ({ document, cursor }: ReturnType<typeof typed>, { insertText = "" }: CompletionItem): string => {
    const column = " ".repeat(cursor.character);
    const text = insertText
      .replace(/\$\{\d+:((?:\\.|[^\\}])*)\}/g, "$1")
      .replace(/\\([$}\\])/g, "$1")
      .replaceAll("\n", `\n${column}`);
    const at = document.offsetAt(cursor);
    return document.getText().slice(0, at) + text + document.getText().slice(at);
  };

  test.each([
    ["job", job, jobSchema.defaultSnippets],
    ["mapping", mapping, mappingSchema.defaultSnippets],
  ] as const)("of a whole %s are offered in an empty file, and are valid", async (_, file, snippets) => {
    const empty = file("|");
    const items = await offered(empty);
    for (const { label } of snippets) {
      const item = items.find((one) => one.label === label);
      if (item === undefined) throw new Error(`${label} is not offered`);
      const text = inserted(empty, item);
      expect(Object.keys(parse(text) as object).length).toBeGreaterThan(1);
      expect(await marked(open(new URL(empty.document.uri).pathname.slice(ROOT.length), text))).toEqual([]);
    }
  });

  test.each([
    ["source: a\nauth:\n  |", "kind: bearer", ["kind", "token"]],
    ["source: a\nschedule:\n  |", "every night", ["cron", "timezone", "jitter"]],
    ["source: a\nentities:\n  users:\n    get: /users\n    page:\n      |", "by cursor", ["cursor", "as", "size"]],
  ])("in %j are templates such as `%s`", async (body, label, words) => {
    const item = (await offered(job(body))).find((one) => one.label === label);
    expect(Object.keys(parse(inserted(typed("jobs/x.yaml", "|"), item as CompletionItem)) as object)).toEqual(words);
  });

  test("have no clumsy choices in them", async () => {
    for (const word of ["page", "deletes"]) {
      const items = await offered(job(`source: a\nentities:\n  users:\n    get: /users\n    ${word}: |`));
      expect(items.length).toBeGreaterThan(4);
      for (const { insertText } of items) expect(insertText).not.toMatch(/\$\{\d\|/);
    }
  });
});

describe("hovering", () => {
  test("over `compare` tells what it does", async () => {
    const text = await hovered(mapping(`${START}  title: { from: t, comp|are: false }\n`));
    expect(text).toContain("Whether a difference counts as a change; the value is stored either way.");
  });

  test("over a field tells what it is, with Markdown as it is meant", async () => {
    const text = await hovered(mapping(`${START}  stat|us: { from: s, map: { A: active } }\n`));
    expect(text).toMatch(/^#### status\n\n`active`, `locked` or `disabled`; /);
  });

  test("over a choice tells what each means", async () => {
    const text = await hovered(job("source: a\nschedule: { cron: 1 2 * * *, miss|ed: once }\n"));
    expect(text).toContain("* `once`: one run for all of them");
  });

  test.each([
    ["pa|ge: none", "How the next page is found."],
    ["del|etes: sweep", "- `sweep`: absent, and a second witness says so"],
  ])("over %s in a job", async (line, wanted) => {
    expect(await hovered(job(`source: a\nentities:\n  users:\n    get: /users\n    ${line}\n`))).toContain(wanted);
  });
});

describe("mistakes are marked at their place", () => {
  const good = `${START}  username: login\n  status: { from: s, map: { A: active } }\n`;

  test.each([
    ["a misspelt field", `${good}  emial: mail\n`, "emial"],
    ["a field of another entity", `${good}  privileged: p\n`, "privileged"],
    ["a misspelt word of a field", `${good}  title: { from: t, compar: false }\n`, "compar"],
    ["an `into` there is not", good.replace("users", "user"), "user"],
  ])("%s", async (_, body, text) => {
    expect((await marked(mapping(body).document)).map(([underlined]) => underlined)).toContain(text);
  });

  test.each([
    ["a misspelt word of a job", "source: a\nentities: {}\nschedul: {}\n", "schedul"],
    ["a way of paging there is not", "source: a\nentities: { users: { get: /u, page: link-heder } }\n", "link-heder"],
    ["a share without %", "source: a\nentities: { users: { get: /u } }\nsafeguard: { removals: 5 }\n", "5"],
  ])("%s", async (_, body, text) => {
    expect((await marked(job(body).document)).map(([underlined]) => underlined)).toContain(text);
  });

  test("and a good file has none", async () => expect(await marked(mapping(good).document)).toEqual([]));
});

describe("the first lines of files", () => {
  const MODELINE = /^# yaml-language-server: \$schema=(\S+)$/m;
  const shipped = ["jobs", "mappings", "bench/home"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".yaml"))
      .map((name) => join(folder, name)),
  );
  const schemaOf = (file: string): string => `schemas/${/(^|\/)jobs\//.test(file) ? "job" : "mapping"}.schema.json`;
  const shown = documents()
    .flatMap(({ text }) => blocks(text, "yaml"))
    .filter((text) => MODELINE.test(text));

  test.each(shipped)("%s names its schema, which finds nothing wrong", async (file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    const [, schema = ""] = MODELINE.exec(text) ?? [];
    expect(join(dirname(file), schema)).toBe(schemaOf(file));
    expect(await marked(open(file, text))).toEqual([]);
  });

  test("in the documents fit the path above them", () => {
    expect(shown.length).toBeGreaterThan(5);
    for (const text of shown) {
      const [, file = ""] = /^# (\S+\.yaml)$/m.exec(text) ?? [];
      const [, schema = ""] = MODELINE.exec(text) ?? [];
      expect(join(dirname(file), schema)).toBe(schemaOf(file));
    }
  });
});
