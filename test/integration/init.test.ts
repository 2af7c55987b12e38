import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startCustomerSystem } from "../../demo/customer-system/customer-system";
import { openApp } from "../../src/app";
import { loadProject } from "../../src/config/load-project";
import type { App } from "../../src/domain/app";
import type { InitAnswer, InitRequest } from "../../src/domain/init";
import type { JsonObject } from "../../src/domain/json";
import type { Mapped } from "../../src/domain/mapping";
import { compileMapping } from "../../src/mapping/compile-mapping";
import { API_DOCUMENTS, HUB, PAGES, REALMS, SCIM } from "../support/api-documents";
import { ROOT } from "../support/documents";
import { makeTempDir, type TempDir } from "../support/temp-dir";

let home: TempDir;
let app: App;
beforeEach(async () => {
  home = await makeTempDir("init");
  app = await openApp({ home: home.path, env: {}, logLevel: "error" });
});
afterEach(async () => {
  await app.close();
  await home.remove();
});

const init = (parts: Partial<InitRequest> = {}): Promise<InitAnswer> =>
  app.init({
    source: "acme",
    document: "api.json",
    cwd: home.path,
    operations: {},
    force: false,
    dryRun: false,
    ...parts,
  });

const put = async (document: unknown, name = "api.json"): Promise<string> => {
  const path = join(home.path, name);
  await writeFile(path, typeof document === "string" ? document : JSON.stringify(document));
  return path;
};

const read = (file: string): Promise<string> => readFile(join(home.path, file), "utf8");

const load = async () => {
  const { jobs, problems } = await loadProject({ home: home.path, env: {}, requireEnv: false });
  const [job] = jobs;
  if (job === undefined) throw new Error(`no job came of it: ${JSON.stringify(problems)}`);
  return job;
};

/** What a test may expect of a record: its key, values, lists of keys. */
const shortForm = (mapped: Mapped): object => {
  if (mapped.outcome === "link") return { left: mapped.left, right: mapped.right };
  if (mapped.outcome !== "record") return mapped;
  const lists = mapped.lists.map(({ field, items }) => [field, items.map(({ key }) => key)]);
  return { key: mapped.key, attributes: mapped.attributes, ...mapped.values, ...Object.fromEntries(lists) };
};

describe.each(Object.keys(API_DOCUMENTS) as (keyof typeof API_DOCUMENTS)[])("a draft from %s", (name) => {
  test("passes check, and its tests hold in the mapper of a run", async () => {
    await put(API_DOCUMENTS[name]);
    const answer = await init();
    expect(answer.problems.filter(({ code }) => code !== "CFG008")).toEqual([]);
    const variables = answer.problems.map(({ message }) => /`(\w+)`/.exec(message)?.[1]);
    expect([...new Set(variables)].sort()).toEqual(answer.variables.map((variable) => variable.name).sort());

    const { streams } = await load();
    expect(streams.map((stream) => stream.name).sort()).toEqual(answer.streams.map((stream) => stream.name).sort());
    for (const { mapping } of streams) {
      const mapper = compileMapping(mapping, { deletes: null });
      expect(mapping.tests).toHaveLength(1);
      for (const { given, parent, expect: expected } of mapping.tests) {
        const [mapped] = await mapper.mapPage([given], parent ?? null);
        if (mapped?.outcome === "link")
          expect(Object.values(expected ?? {}).sort()).toEqual([mapped.left, mapped.right].sort());
        else expect(mapped === undefined ? null : shortForm(mapped)).toMatchObject(expected ?? {});
      }
      await mapper.close();
    }
  });
});

test("SCIM becomes what a person would have written", async () => {
  await put(SCIM);
  await init();
  const { streams } = await load();
  expect(
    streams.map(({ name, into, request, one, page, records, deletes }) => ({
      name,
      into,
      path: request.path,
      one: one?.path,
      page,
      records,
      deletes: deletes.absence,
    })),
  ).toEqual([
    {
      name: "roles",
      into: "roles",
      path: "/Groups",
      one: "/Groups/{key}",
      records: ["Resources"],
      deletes: "sweep",
      page: expect.objectContaining({ kind: "offset", as: "startIndex", from: 1, size: { name: "count", count: 200 } }),
    },
    {
      name: "users",
      into: "users",
      path: "/Users",
      one: "/Users/{key}",
      records: ["Resources"],
      deletes: "sweep",
      page: expect.objectContaining({ kind: "offset", total: { in: "body", path: ["totalResults"] } }),
    },
  ]);
  const users = await read("mappings/acme/users.yaml");
  for (const line of [
    "# yaml-language-server: $schema=../../schemas/mapping.schema.json",
    "  status: { from: active, map: { true: active, _: disabled }, default: disabled }",
    "  email: { from: ['emails[primary=true][0].value', 'emails[0].value'], pii: true }",
    "  roles: { from: groups.value, type: list }",
  ])
    expect(users.split("\n")).toContain(line);
});

test("teams are asked for their members, in the language of the job", async () => {
  await put(HUB);
  await init();
  const { streams } = await load();
  expect(streams.find(({ into }) => into === "user_orgs")).toMatchObject({
    each: "orgs",
    request: { path: "/teams/{parent.id}/members" },
    deletes: { absence: "sweep-within-parent" },
  });
});

test("what only a person knows is a variable or a word to replace, and is told", async () => {
  await put(PAGES, "pages.json");
  await put(REALMS, "realms.json");
  const pages = await init({ source: "pages", document: "pages.json" });
  expect(pages.variables.map(({ name }) => name)).toEqual(["PAGES_URL", "PAGES_COMPANY", "PAGES_TOKEN"]);
  const realms = await init({ source: "realms", document: "realms.json" });
  expect(realms.remarks).toContainEqual(
    expect.objectContaining({ about: "users.get", text: expect.stringContaining("REALM") }),
  );
});

test("nobody's real name, address or number is taken from a document", async () => {
  await put(HUB);
  await init();
  expect(await read("mappings/acme/users.yaml")).not.toContain("octavia");
  expect(await read("mappings/acme/orgs.yaml")).toContain("Platform");
});

test("a draft as it is reads the system that its document describes, to the last record", async () => {
  const system = await startCustomerSystem();
  const env = {
    ACME_URL: system.url,
    ACME_CLIENT_ID: system.account.clientId,
    ACME_CLIENT_SECRET: system.account.clientSecret,
  };
  const reading = await openApp({ home: home.path, env, logLevel: "error" });
  try {
    const answer = await init({ document: join(ROOT, "demo/customer-system/openapi.yaml") });
    // All that is missing is what only the demo needs: its server is on the loopback address.
    await writeFile(join(home.path, "jobs/acme.yaml"), `${await read("jobs/acme.yaml")}http: { allowPrivate: true }\n`);
    const counts: Record<string, object> = {};
    for (const { name } of answer.streams) {
      const request = { source: "acme", entity: name, limit: 5_000, signal: new AbortController().signal };
      const { mapped, rejected, more } = await reading.tryMapping({ ...request, sample: { from: "live" } });
      counts[name] = { mapped: mapped > 0, rejected, more };
    }
    const all = { mapped: true, rejected: 0, more: false };
    expect(counts).toEqual({ orgs: all, permissions: all, roles: all, users: all, role_permissions: all });
  } finally {
    await reading.close();
    await system.close();
  }
});

test("whoever a flag keeps out is out, whatever lets them in", async () => {
  const [text, flag] = [{ type: "string" }, { type: "boolean" }];
  const state = { type: "string", enum: ["on", "off"] };
  const statuses = async (own: object, records: readonly JsonObject[]) => {
    const items = { type: "object", properties: { id: text, login: text, ...own } };
    const answer = { content: { "application/json": { schema: { type: "array", items } } } };
    await put({
      openapi: "3.1.0",
      info: { title: "x", version: "1" },
      servers: [{ url: "https://x.corp" }],
      paths: { "/users": { get: { operationId: "listUsers", responses: { 200: answer } } } },
    });
    const { problems } = await init({ force: true });
    expect(problems.filter(({ code }) => code !== "CFG008")).toEqual([]);
    const [stream] = (await load()).streams;
    if (stream === undefined) throw new Error("no stream came of it");
    const mapper = compileMapping(stream.mapping, { deletes: null });
    const mapped = await mapper.mapPage(
      records.map((record, at) => ({ id: `u-${at}`, login: `l-${at}`, ...record })),
      null,
    );
    await mapper.close();
    return mapped.map((one) => (one.outcome === "record" ? one.values.status : one));
  };
  const [active, disabled] = ["active", "disabled"];
  expect(
    await statuses({ active: flag, suspended: flag }, [
      { active: true, suspended: false },
      { active: true },
      { active: true, suspended: null },
      { active: true, suspended: true },
      { active: false, suspended: false },
      {},
    ]),
  ).toEqual([active, active, active, disabled, disabled, disabled]);
  expect(
    await statuses({ enabled: flag, accountNonLocked: flag, deleted: flag, banned: flag }, [
      { enabled: true, accountNonLocked: true },
      { enabled: true, accountNonLocked: false },
      { enabled: true },
      { enabled: true, accountNonLocked: true, banned: true },
    ]),
  ).toEqual([active, disabled, disabled, disabled]);
  expect(
    await statuses({ state, locked: flag, banned: flag }, [
      { state: "on", locked: false, banned: false },
      { state: "on" },
      { state: "on", banned: true },
      { state: "off" },
      { state: "new" },
      { banned: false },
      { state: null },
    ]),
  ).toEqual([active, active, disabled, disabled, disabled, disabled, disabled]);
  expect(
    await statuses({ state, locked: flag, enabled: flag }, [
      { state: "on", enabled: true },
      { state: "on" },
      { state: "on", enabled: true, locked: true },
      { enabled: true },
    ]),
  ).toEqual([active, disabled, disabled, disabled]);
});

describe("files", () => {
  test("are never overwritten, and all of them are named", async () => {
    await put(SCIM);
    await init();
    await writeFile(join(home.path, "mappings/acme/users.yaml"), "mine");
    await expect(init()).rejects.toMatchObject({
      code: "INI002",
      message:
        "`jobs/acme.yaml`, `mappings/acme/roles.yaml` and `mappings/acme/users.yaml` are there already, and nothing was written",
    });
    expect(await read("mappings/acme/users.yaml")).toBe("mine");
    await init({ force: true });
    expect(await read("mappings/acme/users.yaml")).toContain("into: users");
  });

  test("are only printed with --dry-run", async () => {
    await put(SCIM);
    const answer = await init({ dryRun: true });
    expect(answer).toMatchObject({ written: false, problems: [] });
    expect(answer.files.map(({ path }) => path)).toEqual([
      "jobs/acme.yaml",
      "mappings/acme/roles.yaml",
      "mappings/acme/users.yaml",
    ]);
    await expect(read("jobs/acme.yaml")).rejects.toThrow("ENOENT");
    await expect(read("schemas/job.schema.json")).rejects.toThrow("ENOENT");
  });

  test("say the same twice", async () => {
    await put(SCIM);
    const [first, second] = [await init({ dryRun: true }), await init({ dryRun: true })];
    expect(second).toEqual(first);
  });

  test("bring their schemas along, up to date, and leave a stranger's alone", async () => {
    await put(SCIM);
    await mkdir(join(home.path, "schemas"));
    await writeFile(join(home.path, "schemas/job.schema.json"), '{ "$id": "urn:understudy:schema:job", "old": true }');
    await writeFile(join(home.path, "schemas/mapping.schema.json"), "mine");
    await init();
    expect(await read("schemas/job.schema.json")).toBe(await readFile(join(ROOT, "schemas/job.schema.json"), "utf8"));
    expect(await read("schemas/mapping.schema.json")).toBe("mine");
  });

  test("refer to a document inside the folder, and take one from elsewhere along", async () => {
    const elsewhere = await makeTempDir("elsewhere");
    try {
      await writeFile(join(elsewhere.path, "scim.JSON"), JSON.stringify(SCIM));
      const answer = await init({ document: "scim.JSON", cwd: elsewhere.path });
      expect(answer.openapi).toBe("../specs/acme.json");
      expect(JSON.parse(await read("specs/acme.json"))).toEqual(SCIM);
      expect(answer.problems.filter(({ code }) => code !== "CFG008")).toEqual([]);
    } finally {
      await elsewhere.remove();
    }
  });

  test("refer to a document of several files where it is, and say so", async () => {
    const elsewhere = await makeTempDir("elsewhere");
    try {
      const { components, ...rest } = SCIM as { components: { schemas: Record<string, unknown> } };
      const schemas = { User: { $ref: "parts.json#/User" }, Group: { $ref: "parts.json#/Group" } };
      await writeFile(
        join(elsewhere.path, "scim.json"),
        JSON.stringify({ ...rest, components: { ...components, schemas } }),
      );
      await writeFile(join(elsewhere.path, "parts.json"), JSON.stringify(components.schemas));
      const answer = await init({ document: join(elsewhere.path, "scim.json") });
      expect(answer.openapi).toMatch(/^(\.\.\/)+.*scim\.json$/);
      expect(answer.remarks).toContainEqual(expect.objectContaining({ about: "openapi" }));
      expect(answer.problems.filter(({ code }) => code !== "CFG008")).toEqual([]);
    } finally {
      await elsewhere.remove();
    }
  });

  test("that cannot be written are told, not thrown", async () => {
    await put(SCIM);
    await writeFile(join(home.path, "jobs"), "a file");
    await expect(init()).rejects.toMatchObject({
      code: "INI006",
      message: "jobs/acme.yaml cannot be written: a file stands in its way",
    });
  });

  test("a link that leads nowhere counts as there", async () => {
    await put(SCIM);
    await mkdir(join(home.path, "jobs"));
    await symlink("/nowhere", join(home.path, "jobs/acme.yaml"));
    await expect(init()).rejects.toMatchObject({ code: "INI002" });
  });
});

describe("a document made to do harm", () => {
  const record = {
    id: {},
    "user name": {},
    "first`name": {},
    "last'name": {},
    "{email}": { type: "string" },
    "phone #": {},
    and: {},
    status: { type: "string", enum: ["yes", "no", "null", "~", "true", "010", "a: b", "x\ny", "", "__proto__", "_"] },
  };
  const answer = {
    content: { "application/json": { schema: { type: "array", items: { type: "object", properties: record } } } },
  };
  const HOSTILE = {
    openapi: "3.1.0",
    info: { title: "Evil\ninto: users\u001b[31m\u202e", version: "1\nsource: x" },
    servers: [{ url: 'https://x.corp/a"b\n#' }],
    paths: {
      "/users": {
        get: {
          operationId: "list\nUsers: x",
          parameters: [
            { name: "pa ge", in: "query", required: true },
            { name: "limit", in: "query", schema: { type: "integer", maximum: 1e30 } },
            { name: "offset\n", in: "query", schema: {} },
          ],
          responses: { 200: answer },
        },
      },
    },
  };

  test("comes to files that are read as they are meant", async () => {
    await put(HOSTILE);
    const { problems } = await init();
    expect(problems.filter(({ code }) => code !== "CFG008")).toEqual([]);
    const job = await load();
    expect(job).toMatchObject({ source: "acme", baseUrl: "https://x.corp" });
    expect((await read("jobs/acme.yaml")).split("\n")[1]).toBe(
      "# Drafted from the OpenAPI document of Evil into: users [31m 1 source: x. Comments tell what was guessed, and why.",
    );
    const status = job.streams[0]?.mapping.fields.find(({ name }) => name === "status");
    expect(status?.map).toMatchObject({
      entries: { yes: "active", "010": "disabled", "x\ny": "disabled" },
      fallback: "disabled",
    });
  });

  test.each<[string, object]>([
    [
      "nulls",
      {
        info: null,
        paths: { "/users": null, "/a": { get: null }, "/b": { get: { responses: null, parameters: [null, 1] } } },
      },
    ],
    [
      "a schema that is itself",
      {
        paths: {
          "/users": {
            get: {
              responses: { 200: { content: { "application/json": { schema: { $ref: "#/components/schemas/A" } } } } },
            },
          },
        },
        components: { schemas: { A: { $ref: "#/components/schemas/A" } } },
      },
    ],
  ])("%s: says that there is no list of users", async (_, parts) => {
    await put({ openapi: "3.0.0", info: { title: "x", version: "1" }, ...parts });
    await expect(init()).rejects.toMatchObject({ code: "INI003" });
  });

  test("recurses no further than a record goes", async () => {
    const self = { $ref: "#/components/schemas/A" };
    const A = {
      allOf: [
        self,
        { type: "object", properties: { id: {}, login: {}, child: self, kids: { type: "array", items: self } } },
      ],
    };
    await put({
      openapi: "3.0.0",
      info: { title: "x", version: "1" },
      components: { schemas: { A } },
      paths: {
        "/users": {
          get: { responses: { 200: { content: { "application/json": { schema: { type: "array", items: self } } } } } },
        },
      },
    });
    expect((await init()).problems.filter(({ code }) => code !== "CFG008")).toEqual([]);
  });
});

describe("what is refused", () => {
  test.each(["Acme", "a/../b", "../acme", "", "a".repeat(64), "acme.yaml", "1acme", "local"])(
    "the name %j",
    async (source) => {
      await put(SCIM);
      await expect(init({ source })).rejects.toMatchObject({ code: "INI001" });
    },
  );

  test.each<[string, string, string]>([
    ["https://api.example.com/openapi.json", "INI005", "--openapi must be a local file: nothing is fetched"],
    ["nowhere.yaml", "INI005", expect.stringMatching(/^--openapi: \/.*\/nowhere\.yaml does not exist$/)],
    [".", "INI005", expect.stringMatching(/^--openapi: \/.* is no file$/)],
    ["empty.yaml", "OAS001", "empty.yaml: the document is not an OpenAPI document"],
    ["broken.yaml", "OAS001", "broken.yaml: the document is neither JSON nor YAML: see its line 2, column 1"],
    ["list.json", "OAS001", "list.json: the document is not an OpenAPI document"],
    ["text.txt", "OAS001", "text.txt: the document is not an OpenAPI document"],
    ["old.json", "OAS002", "old.json: the document is Swagger 1.2; supported are OpenAPI 3.0 and 3.1 and Swagger 2.0"],
  ])("%s", async (document, code, message) => {
    await put("", "empty.yaml");
    await put("openapi: [\n", "broken.yaml");
    await put([1, 2], "list.json");
    await put("hello\0world", "text.txt");
    await put({ swagger: "1.2", info: {}, paths: {} }, "old.json");
    await expect(init({ document })).rejects.toMatchObject({ code, message });
  });
});
