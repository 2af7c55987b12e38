/** What `init` drafts from documents of many styles. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startCustomerSystem } from "../../demo/customer-system/customer-system";
import { openApp } from "../../src/app";
import type { JsonObject } from "../../src/domain/json";
import type { Mapped } from "../../src/domain/mapping";
import { compileMapping } from "../../src/mapping/compile-mapping";
import { API_DOCUMENTS, HUB, PAGES, REALMS, SCIM } from "../support/api-documents";
import { ROOT } from "../support/documents";
import { withDraftHome } from "../support/draft-home";

const { home, init, put, read, load } = withDraftHome();

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

test("a state that says that somebody is gone is asked for in `deletes`", async () => {
  const state = { type: "string", enum: ["DEPROVISIONED", "ACTIVE", "STAGED"] };
  const items = { type: "object", properties: { id: { type: "string" }, login: { type: "string" }, status: state } };
  const schema = { type: "array", items };
  const list = { operationId: "listUsers", responses: { 200: { content: { "application/json": { schema } } } } };
  await put({ openapi: "3.0.3", info: { title: "x", version: "1" }, paths: { "/users": { get: list } } });
  const { problems } = await init();
  expect(problems.filter(({ code }) => code !== "CFG008")).toEqual([]);
  const { streams } = await load();
  expect(streams[0]?.deletes).toMatchObject({ absence: "sweep", expression: { text: 'status = "DEPROVISIONED"' } });
  expect(await read("jobs/acme.yaml")).toContain(
    '    deletes: [sweep, status = "DEPROVISIONED"] # gone is also whoever has such a status',
  );
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
