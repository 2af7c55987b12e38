/** Documents made to do harm, and what `init` refuses. */
import { SCIM } from "../support/api-documents";
import { withDraftHome } from "../support/draft-home";

const { init, put, read, load } = withDraftHome();

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
