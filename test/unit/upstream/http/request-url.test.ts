import type { JsonObject } from "../../../../src/domain/json";
import { buildTarget, linkedTarget, shownQuery, withQuery } from "../../../../src/upstream/http/request-url";
import { jobAt } from "../../../support/upstream-job";

const base = "https://h.example/api/v1";
const target = (path: string, { key = null, parent = null, query = {}, baseUrl = base }: Options = {}) =>
  buildTarget(jobAt(baseUrl), { path, query }, { key, parent, run: 42, since: null });

interface Options {
  readonly key?: string | null;
  readonly parent?: JsonObject | null;
  readonly query?: Record<string, string>;
  readonly baseUrl?: string;
}

test.each<[string, Options, string]>([
  ["/users", {}, `${base}/users`],
  ["users", { baseUrl: `${base}/` }, `${base}/users`],
  ["/users?active=true", { query: { sort: "id asc" } }, `${base}/users?active=true&sort=id%20asc`],
  ["https://h.example/scim/Users", {}, "https://h.example/scim/Users"],
  ["/users/{key}", { key: "a/b c?d#e%é" }, `${base}/users/a%2Fb%20c%3Fd%23e%25%C3%A9`],
  ["/roles/{parent.id}/members", { parent: { id: 7 } }, `${base}/roles/7/members`],
  ["/x/{parent.meta.ref}", { parent: { meta: { ref: "r1" } } }, `${base}/x/r1`],
  [
    "/users",
    { key: "o'k&x=1", query: { filter: 'id eq "{key}"', run: "{run.id}" } },
    `${base}/users?filter=id%20eq%20%22o%27k%26x%3D1%22&run=42`,
  ],
  [
    "/users",
    { query: { filter: '{"run":{"$gt":"{run.id}"}}' } },
    `${base}/users?filter=%7B%22run%22%3A%7B%22%24gt%22%3A%2242%22%7D%7D`,
  ],
])("%s %j becomes %s", (path, options, url) => {
  expect(target(path, options).url.href).toBe(url);
});

test("people see the template, not who filled it", () => {
  const { shown, url } = target("/users/{key}?mail={key}", { key: "jane@example.com", query: { limit: "20" } });
  expect(shown).toBe(`${base}/users/{key}`);
  expect(shownQuery(url, false)).toBe("mail=…&limit=20");
  expect(shownQuery(url, true)).toBe("mail=…&limit=…");
});

test.each<[string, string, Options]>([
  ["no key", "/users/{key}", {}],
  ["an empty key", "/users/{key}", { key: "" }],
  ["a key that climbs", "/users/{key}", { key: ".." }],
  ["a key that stays", "/users/{key}", { key: "." }],
  ["a lone surrogate", "/users/{key}", { key: "\ud800" }],
  ["a parent without the value", "/roles/{parent.id}", { parent: { name: "x" } }],
  ["an object for a value", "/roles/{parent.id}", { parent: { id: {} } }],
  ["what every object inherits", "/roles/{parent.constructor.name}", { parent: {} }],
  ["another origin", "https://elsewhere.example/users", {}],
  ["a key that names a host", "https://{key}/users", { key: "elsewhere.example" }],
  ["a password in baseUrl", "/users", { baseUrl: "https://me:s3cr3t@h.example" }],
])("%s cannot be asked", (_name, path, options) => {
  let failure: unknown;
  try {
    target(path, options);
  } catch (error) {
    failure = error;
  }
  expect(failure).toMatchObject({ code: "UPS010", fix: expect.any(String) });
  expect(String(failure)).not.toMatch(/s3cr3t|\ud800/u);
});

test("a parameter that is added replaces its namesake and leaves the rest as it was written", () => {
  const paged = withQuery(target("/users?a=%20&b=1&page[after]=w"), { b: "2", "page[after]": "x/{key}" });
  expect(paged.url.search).toBe("?a=%20&b=2&page%5Bafter%5D=x%2F%7Bkey%7D");
});

test.each([
  ["?after=2", `${base}/users?after=2`],
  ["/other", "https://h.example/other"],
  ["https://h.example/api/v1/users?after=2#top", `${base}/users?after=2`],
  ["https://me:pw@h.example/x", "https://h.example/x"],
])("the link %s leads to %s", (href, url) => {
  expect(linkedTarget(target("/users"), href).url.href).toBe(url);
});

test.each([
  ["https://elsewhere.example/users?token=s3cr3t", "UPS015"],
  ["http://h.example/users", "UPS015"],
  ["//elsewhere.example", "UPS015"],
  ["javascript:alert(1)", "UPS015"],
  ["https://", "UPS013"],
])("the link %s is refused", (href, code) => {
  let failure: unknown;
  try {
    linkedTarget(target("/users"), href);
  } catch (error) {
    failure = error;
  }
  expect(failure).toMatchObject({ code });
  expect(String(failure)).not.toContain("s3cr3t");
});
