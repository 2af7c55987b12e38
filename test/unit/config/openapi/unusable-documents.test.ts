import { API, list, messages } from "./acme-document";

describe("documents that cannot be used", () => {
  const minimal = (schema: string) =>
    `openapi: 3.1.0\ninfo: { title: a, version: "1" }\npaths: { /p: { get: ${list(schema)} }, /roles: { get: ${list(schema)} } }\n`;
  test.each([
    [
      "Swagger 1",
      'swagger: "1.2"\ninfo: { title: a, version: "1" }\npaths: {}\n',
      "OAS002 the document is Swagger 1.2; supported are OpenAPI 3.0 and 3.1 and Swagger 2.0 → convert it, or remove `openapi:` and write paths",
    ],
    [
      "a version that YAML takes for a number",
      'swagger: 2.0\ninfo: { title: a, version: "1" }\npaths: {}\n',
      'OAS001 `swagger` of the document is a number; it must be a text → put it in quotes: `swagger: "…"`',
    ],
    [
      "an API's version that YAML takes for a number",
      "openapi: 3.0.0\ninfo: { title: a, version: 1 }\npaths: {}\n",
      'OAS001 `version` of `info` is a number; it must be a text → put it in quotes: `version: "…"`',
    ],
    [
      "a version to come",
      'openapi: 4.0.0\ninfo: { title: a, version: "1" }\npaths: {}\n',
      "OAS002 the document is OpenAPI 4.0.0; supported are OpenAPI 3.0 and 3.1 and Swagger 2.0 → convert it, or remove `openapi:` and write paths",
    ],
    [
      "broken YAML",
      "openapi: 3.1.0\ninfo: { title: a\n",
      "OAS001 the document is neither JSON nor YAML: see its line 3, column 1",
    ],
    [
      "something else",
      "hello: world\n",
      'OAS001 the document is not an OpenAPI document → it needs `openapi: 3.x` or `swagger: "2.0"`, `info` and `paths`',
    ],
    [
      "a reference to nowhere",
      minimal('{ $ref: "#/components/schemas/No" }'),
      "OAS001 the document refers to `#/components/schemas/No`, which it does not have",
    ],
    [
      "a file that is missing",
      minimal('{ $ref: "./no.yaml#/a" }'),
      "OAS001 the document refers to `no.yaml`, which does not exist",
    ],
    [
      "a reference into the network",
      minimal('{ $ref: "http://127.0.0.1:9/a.json" }'),
      "OAS001 the document refers to `http://127.0.0.1:9/a.json`, which is not fetched → keep a local copy beside the document",
    ],
  ])("%s", async (_, api, expected) => {
    expect(await messages("get: /p, page: none", api)).toEqual([`2:10 «../api.yaml» ${expected}`]);
  });

  test("anchors that multiply without bounds, or stand for themselves", async () => {
    const lines = Array.from(
      { length: 40 },
      (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}, *a${index}]`,
    );
    const head = 'openapi: 3.0.0\ninfo: { title: a, version: "1" }\n';
    const told = "2:10 «../api.yaml» OAS001 the references to anchors in the document multiply without bounds";
    expect(await messages("get: /p, page: none", `${head}paths: {}\na0: &a0 [x]\n${lines.join("\n")}\n`)).toEqual([
      told,
    ]);
    expect(await messages("get: /p, page: none", `${head}paths: &p { /p: *p }\n`)).toEqual([told]);
  });

  test("one that is nested without end", async () => {
    const deep = `${'{"properties":{"a":'.repeat(20_000)}{}${"}}".repeat(20_000)}`;
    const document = `{"openapi":"3.0.0","info":{"title":"a","version":"1"},"paths":{},"components":{"schemas":{"A":${deep}}}}`;
    expect(await messages("get: /p, page: none", document)).toEqual([
      "2:10 «../api.yaml» OAS001 the document is nested too deeply to be read",
    ]);
  });

  test("a long chain of references is no such one", async () => {
    const next = (index: number) => ({ properties: { a: { $ref: `#/components/schemas/S${index + 1}` } } });
    const schemas = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`S${index}`, next(index)]));
    const answer = { type: "array", items: { $ref: "#/components/schemas/S0" } };
    const documentOf = (more: object) =>
      JSON.stringify({
        openapi: "3.0.0",
        info: { title: "a", version: "1" },
        paths: {
          "/p": {
            get: { responses: { 200: { description: "ok", content: { "application/json": { schema: answer } } } } },
          },
        },
        components: { schemas: { ...schemas, ...more } },
      });
    const told = (more: object) => messages("get: /p, page: none, ignore: [b]", documentOf(more));
    expect(await told({ S5000: {} })).toContainEqual(expect.stringMatching(/no record of the API has `b`/));
    expect(await told({})).toEqual([
      "2:10 «../api.yaml» OAS001 the document refers to `#/components/schemas/S5000`, which it does not have",
    ]);
  });

  test("one that never begins or ends, and one whose part is a folder", async () => {
    expect(await messages("get: /p, page: none", API, "openapi: /dev/zero")).toEqual([
      "2:10 «/dev/zero» OAS001 the document cannot be read: it is a device → put an ordinary file there",
    ]);
    expect(await messages("get: /p, page: none", minimal('{ $ref: "./jobs#/a" }'))).toEqual([
      "2:10 «../api.yaml» OAS001 the document refers to `jobs`, which cannot be read: it is a folder → put an ordinary file there",
    ]);
  });

  test("one that does not exist, and one that is no file", async () => {
    expect(await messages("get: /p, page: none", API, "openapi: ../apy.yaml")).toEqual([
      "2:10 «../apy.yaml» OAS001 the document does not exist → write its path from the job file; there is no apy.yaml",
    ]);
    expect(await messages("get: /p, page: none", API, "openapi: https://a.example/api.yaml")).toEqual([
      "2:10 «https://a.example/api.yaml» CFG005 `openapi` must be a local file: nothing is fetched to check files → keep a copy beside the job",
    ]);
  });

  test.each([
    ["", "names no server"],
    ["servers: [{ url: /v2 }]", "names its server only relatively: `/v2`"],
    ["servers: [{ url: 'https://{tenant}.example' }]", "leaves its server open: `https://{tenant}.example`"],
    ["servers: [{ url: 'https://a.example' }, { url: 'https://b.example' }]", "names 2 servers"],
  ])("servers that say too little: %s", async (servers, because) => {
    expect(
      await messages("get: /people, page: none, records: data.people", API.replace(/^servers.*$/m, servers)),
    ).toEqual([
      `2:10 «../api.yaml» OAS007 \`baseUrl\` is missing, and the OpenAPI document ${because} → write \`baseUrl:\``,
    ]);
  });
});
