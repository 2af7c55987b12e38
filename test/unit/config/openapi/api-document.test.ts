import { load, ROLES, told, USER_ROLES } from "../project-folder";
import { API, files, messages } from "./acme-document";

test("what is to be redacted and no record has is told, for what was meant would be kept", async () => {
  const redact = (paths: string, api = API) =>
    messages("get: listPeople", api, `openapi: ../api.yaml\nkeepRaw: { redact: [${paths}] }`);
  const described = API.replace(
    /(\/roles:\s+get: .*?)items: \{ type: object \}/,
    '$1items: { $ref: "#/components/schemas/Person" }',
  );
  expect(await redact("id, friends.id, friends.friends.frends, ids", described)).toEqual([
    "3:37 «friends.friends.frends» warning CFG005 no record of the API has `friends.friends.frends`: if it is misspelt, what was meant is kept",
    "3:61 «ids» warning CFG005 no record of the API has `ids`: if it is misspelt, what was meant is kept",
  ]);
  expect(await redact("ids")).toEqual([]);
});

test("what is to be ignored and no record of the entity has is told, for it would count as a change", async () => {
  expect(await messages("get: listPeople, ignore: [id, ids]")).toEqual([
    expect.stringMatching(
      /«ids» warning CFG005 no record of the API has `ids`: if it is misspelt, what was meant counts as a change$/,
    ),
  ]);
});

describe("operations of an OpenAPI document", () => {
  test("become paths, servers and the place of the records", async () => {
    const users = "get: listPeople, one: getPerson, page: { cursor: next, as: after, size: limit=5 }";
    const { jobs, problems } = await load(files(users));
    expect(problems.map(told)).toEqual([]);
    expect(jobs[0]).toMatchObject({
      baseUrl: "https://api.acme.example/v2",
      streams: [
        { request: { path: "/people" }, one: { path: "/people/{key}", records: [] }, records: ["data", "people"] },
        { request: { path: "/roles" }, records: [] },
      ],
    });
  });

  test("of a child are filled with the parent's key", async () => {
    const child = "  members: { each: roles, get: listMembers, page: none, deletes: sweep-within-parent }\n";
    const base = files("get: listPeople, page: none");
    const { jobs, problems } = await load({
      ...base,
      "jobs/acme.yaml": base["jobs/acme.yaml"] + child,
      "mappings/acme/members.yaml": USER_ROLES,
      "mappings/acme/roles.yaml": ROLES.replace("key: id", "key: meta.id"),
    });
    expect(problems.map(told)).toEqual([]);
    expect(jobs[0]?.streams[2]?.request.path).toBe("/roles/{parent.meta.id}/members");
  });

  test("win nothing over the job's base URL, whose path is kept", async () => {
    const { jobs } = await load(
      files("get: listPeople, page: none", API, "openapi: ../api.yaml\nbaseUrl: https://x.example/a"),
    );
    expect(jobs[0]?.baseUrl).toBe("https://x.example/a");
  });

  test("are found also when a value stands for a parameter of the path", async () => {
    expect(await messages("get: /orgs/o-1/roles/r-1, page: none, records: itmes")).toEqual([
      "4:59 «itmes» OAS006 the answer of `listOrgRole` has no `itmes`",
    ]);
  });

  test.each([
    [
      "an unknown operation",
      "get: listPeopel, page: none",
      [
        "4:17 «listPeopel» OAS003 `listPeopel` is not an operation of the OpenAPI document → did you mean `listPeople`?",
      ],
    ],
    [
      "an operation that is no GET",
      "get: createPerson, page: none",
      ["4:17 «createPerson» CFG006 `createPerson` is a POST; reading with POST is planned, not yet supported"],
    ],
    [
      "an unknown path",
      "get: /peopel, page: none",
      [
        "4:17 «/peopel» warning OAS003 `/peopel` is not a path of the OpenAPI document, so nothing about it can be checked → did you mean `/people`?",
      ],
    ],
    [
      "records that are not there",
      "get: listPeople, page: none, records: data.peopel",
      ["4:50 «data.peopel» OAS006 the answer of `listPeople` has no `peopel` → did you mean `people`?"],
    ],
    [
      "records that are no list",
      "get: listPeople, page: none, records: data",
      ["4:50 «data» OAS006 `data` is not a list in the answer of `listPeople` → known: `data.people`"],
    ],
    [
      "one that is the value of an object",
      "get: listPeople, one: { get: getPerson, records: friends.* }, page: none",
      [],
    ],
    ["records that are the values of an object", "get: listPeople, page: none, records: data.*", []],
    [
      "several lists",
      "get: listMixed, page: none",
      [
        "4:17 «listMixed» OAS006 the answer of `listMixed` holds several lists: `users` and `errors` → say which with `records:`",
      ],
    ],
    [
      "a cursor that is not there",
      "get: listPeople, page: { cursor: nxt, as: after }",
      ["4:45 «nxt» OAS006 the answer of `listPeople` has no `nxt` → did you mean `next`?"],
    ],
    [
      "parameters that are not there",
      "get: listPeople, page: { cursor: next, as: aftr, size: limt=5 }, query: { activ: 1 }",
      [
        "4:55 «aftr» OAS004 `aftr` is not a query parameter of `listPeople` → did you mean `after`?",
        "4:67 «limt=5» OAS004 `limt` is not a query parameter of `listPeople` → did you mean `limit`?",
        "4:86 «activ» OAS004 `activ` is not a query parameter of `listPeople` → known: `limit` and `after`",
      ],
    ],
    [
      "a required parameter",
      "get: listStrict, page: none",
      [
        "4:17 «listStrict» OAS004 `listStrict` requires the query parameter `tenant` → write it under `query: { tenant: … }`",
      ],
    ],
    [
      "an object, whose properties are parameters",
      "get: /spring, page: { number: page, from: 0, size: size=100 }, query: { pageable: x }",
      [
        "4:17 «/spring» OAS004 `/spring` requires the query parameter `sort` → write it under `query: { sort: … }`",
        "4:63 «size=100» CFG005 `size` of `/spring` is 50 at most: a larger page is refused, or cut and then taken for the last one → write `size=50`",
        "4:84 «pageable» OAS004 `pageable` is not a query parameter of `/spring` → known: `page`, `size` and `sort`",
      ],
    ],
    [
      "objects written with brackets",
      'get: /deep, page: { number: "page[number]", size: "page[sise]=5" }, query: { "filter[active]": 1, page: 1 }',
      [
        '4:62 «"page[sise]=5"» OAS004 `page[sise]` is not a query parameter of `/deep` → did you mean `page[size]`?',
        "4:110 «page» OAS004 `page` is not a query parameter of `/deep` → known: `page[number]` and `page[size]`",
      ],
    ],
    ["an object in one parameter", "get: /flat, page: none, query: { page: size }", []],
    ["an object that may be anything", "get: /open, page: none, query: { page: 1 }", []],
    [
      "a record's place in the answer for one",
      "get: listPeople, one: { get: getPerson, records: frends }, page: none",
      ["4:61 «frends» OAS006 the answer of `getPerson` has no `frends` → did you mean `friends`?"],
    ],
    [
      "a keyset that no record has",
      "get: listPeople, page: { keyset: idd, as: after }",
      [
        "4:45 «idd» warning CFG005 no record of the API has `idd`: if it is misspelt, no page but the first can be asked for",
        "4:45 «idd» warning CFG011 `idd` is not the key of `users`: whoever shares it with the last record of a page is on no page, so only those count as gone whom `one` finds gone → page by the key, declare the `total`, or say `unique: true` if no two share it",
      ],
    ],
    [
      "a mark of removal that no record has",
      "get: listPeople, page: none, delta: { link: next, removed: gone }, full: Sun",
      [
        "4:62 «removed» warning CFG013 `users` looks for nobody who is absent, so whoever is removed while the delta link expires stays for good → let a full pass find them: `deletes: sweep`",
        "4:71 «gone» warning CFG005 no record of the API has `gone`: if it is misspelt, nobody is ever found to be gone by it",
      ],
    ],
    [
      "a path parameter that nothing fills",
      "get: getPerson, page: none, records: friends",
      [
        "4:17 «getPerson» OAS005 the path `/people/{personId}` needs `personId`: nothing fills it → write the path, with a template for each of them",
      ],
    ],
    [
      "two path parameters",
      "get: /people, one: listOrgRole, page: none",
      [
        "4:31 «listOrgRole» OAS005 the path `/orgs/{orgId}/roles/{roleId}` needs `orgId` and `roleId`: only one can be filled by itself → write the path, with a template for each of them",
      ],
    ],
  ])("%s", async (_, users, expected) => {
    const shown = (await messages(users)).filter((message) => !/`one` does not say/.test(message));
    expect(shown).toEqual(expected);
  });
});

describe("a Swagger 2.0 document", () => {
  const SWAGGER = `
swagger: "2.0"
info: { title: Acme, version: "1" }
host: api.acme.example
basePath: /v2/
schemes: [http, https]
produces: [application/json]
parameters:
  after: { name: after, in: query, type: string }
responses:
  People: { description: ok, schema: { $ref: "#/definitions/People" } }
paths:
  /people:
    parameters: [{ name: limit, in: query, type: integer, maximum: 50 }, { name: body, in: body, schema: { type: object } }]
    get: { operationId: listPeople, parameters: [{ $ref: "#/parameters/after" }], responses: { 200: { $ref: "#/responses/People" } } }
  /people/{personId}:
    get: { operationId: getPerson, responses: { 200: { description: ok, schema: { $ref: "#/definitions/Person" } } } }
  /roles:
    get: { responses: { 200: { description: ok, schema: { type: array, items: { type: object } } } } }
definitions:
  Person: { type: object, properties: { id: { type: string } } }
  People: { type: object, properties: { next: { type: string }, people: { type: array, items: { $ref: "#/definitions/Person" } } } }
`.trimStart();

  test("is read like any other", async () => {
    const users = "get: listPeople, one: getPerson, page: { cursor: next, as: after, size: limit=5 }";
    const { jobs, problems } = await load(files(users, SWAGGER));
    expect(problems.map(told)).toEqual([]);
    expect(jobs[0]).toMatchObject({
      baseUrl: "https://api.acme.example/v2",
      streams: [
        { request: { path: "/people" }, one: { path: "/people/{key}" }, records: ["people"] },
        { request: { path: "/roles" }, records: [] },
      ],
    });
  });

  test("is checked like any other", async () => {
    expect(await messages("get: listPeople, page: { cursor: nxt, as: aftr }", SWAGGER)).toEqual([
      "4:45 «nxt» OAS006 the answer of `listPeople` has no `nxt` → did you mean `next`?",
      "4:54 «aftr» OAS004 `aftr` is not a query parameter of `listPeople` → did you mean `after`?",
    ]);
  });

  test.each([
    ["host: api.acme.example\n", "names its server only relatively: `/v2`"],
    ["host: api.acme.example\nbasePath: /v2/\n", "names no server"],
  ])("without %j says too little about its server", async (lines, because) => {
    expect(await messages("get: listPeople, page: none", SWAGGER.replace(lines, ""))).toEqual([
      `2:10 «../api.yaml» OAS007 \`baseUrl\` is missing, and the OpenAPI document ${because} → write \`baseUrl:\``,
    ]);
  });
});

test("where a record tells when it changed must be somewhere it has", async () => {
  const since = (field: string) => `get: listPeople, since: { field: ${field}, query: { after: "{since}" } }`;
  expect(await messages(since("idd"))).toContainEqual(
    expect.stringMatching(
      /«idd» warning CFG005 no record of the API has `idd`: if it is misspelt, no watermark is found, and every run reads everything$/,
    ),
  );
  expect((await messages(since("friends.id"))).join()).not.toContain("no record of the API");
});

test("what a child asks for names something that its parent has", async () => {
  const child = async (get: string) => {
    const entities = `  users: { get: listPeople, page: none, deletes: never }\n  members: { each: users, get: ${get}, page: none, deletes: never }\n`;
    const { problems } = await load({
      ...files(""),
      "jobs/acme.yaml": `source: acme\nopenapi: ../api.yaml\nentities:\n${entities}`,
      "mappings/acme/members.yaml": USER_ROLES,
    });
    return problems.filter(({ code }) => code === "MAP047").map(told);
  };
  expect(await child('"/roles/{parent.idd}/members"')).toEqual([
    "jobs/acme.yaml:5:40 «{parent.idd}» MAP047 the records of `users` have no `idd`, so nothing fills `{parent.idd}` → did you mean `id`?",
  ]);
  expect(await child('"/roles/{parent.id}/members", query: { of: "{parent.friends.ids}" }')).toEqual([
    "jobs/acme.yaml:5:76 «{parent.friends.ids}» MAP047 the records of `users` have no `friends.ids`, so nothing fills `{parent.friends.ids}`",
  ]);
  expect(await child('"/roles/{parent.id}/members"')).toEqual([]);
});

test("a page is no larger than the document allows", async () => {
  const limited = API.replace(
    /name: limit, in: query, required: false, schema: \{ type: string \}/,
    "name: limit, in: query, schema: { type: integer, maximum: 25 }",
  );
  const sized = (count: number) =>
    messages(`get: listPeople, page: { cursor: next, as: after, size: limit=${count} }`, limited);
  expect(await sized(1000)).toEqual([
    "4:68 «limit=1000» CFG005 `limit` of `listPeople` is 25 at most: a larger page is refused, or cut and then taken for the last one → write `limit=25`",
  ]);
  expect(await sized(25)).toEqual([]);
});
