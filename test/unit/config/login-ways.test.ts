// biome-ignore-all lint/suspicious/noTemplateCurlyInString: `${NAME}` is how job files name a variable.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loginExpressions } from "../../../src/domain/login-expressions";
import { checkSingleExpressions } from "../../../src/mapping/check-expressions";
import { blocks, ROOT } from "../../support/documents";
import { IDP_CERTIFICATE } from "../../support/saml-identity-provider";
import { CERTIFICATE } from "../../support/untrusted-certificate";
import { load, told, USERS } from "./project-folder";

const START =
  "source: acme\nbaseUrl: https://api.example.com\nentities: { users: { get: /u, page: none, deletes: never } }\n";
const ENV = {
  EXAMPLE_CLIENT_ID: "us",
  EXAMPLE_CLIENT_SECRET: "s",
  EXAMPLE_JWT_SECRET: "0123456789abcdef0123456789abcdef",
  SHORT: "abc",
};
const loaded = (login: string) =>
  load(
    { "jobs/acme.yaml": START + login, "mappings/acme/users.yaml": USERS, "example-idp.pem": CERTIFICATE },
    { env: ENV },
  );

const EXAMPLES = blocks(readFileSync(join(ROOT, "docs/how-to/connect-a-login.md"), "utf8"), "yaml");

test("the page about ways shows every kind", () => {
  const kinds = EXAMPLES.map((text) => `${text.split("\n")[1]?.trim()} ${/kind: (\S+)/.exec(text)?.[1]}`);
  expect(kinds.toSorted()).toEqual([
    "browser: oidc",
    "password: http",
    "password: oauth2-password",
    "token: http",
    "token: introspection",
    "token: jwt",
    "token: oidc",
    "token: saml",
  ]);
});

test.each(EXAMPLES)("its example %# has no mistakes", async (text) => {
  const { jobs, problems } = await loaded(text.replace("/login/example/", "/login/acme/"));
  expect(problems.map(told)).toEqual([]);
  const { login } = jobs[0] ?? { login: null };
  expect(Object.values({ ...login }).some((way) => typeof way === "object" && way !== null && "kind" in way)).toBe(
    true,
  );
  expect(checkSingleExpressions(loginExpressions(login))).toEqual([]);
});

const password = (words: string) =>
  `login:\n  password: { kind: http, success: status = 200, refused: status = 401, subject: { key: id }, ${words} }\n`;
const token = (words: string) => `login:\n  token: { subject: { key: sub }, ${words} }\n`;
const BODY = 'json: { l: "{login}", p: "{password}" }';

test.each<[string, string, string]>([
  ["no endpoint", password(BODY), "CFG004 `post` is missing: nothing says which endpoint is asked"],
  [
    "two endpoints",
    password(`post: /a, get: /b, form: { l: "{login}", p: "{password}" }`),
    "`post` and `get` cannot both be said",
  ],
  ["a GET with a body", password(`get: /a, ${BODY}`), "a GET has no body"],
  ["two bodies", password(`post: /a, ${BODY}, form: { x: y }`), "`json` and `form` cannot both be sent"],
  ["nothing that sends the password", password('post: /a, json: { l: "{login}" }'), "nothing sends `{password}`"],
  [
    "the password in the path",
    password('get: "/a/{login}/{password}"'),
    "CFG009 `{password}` would stand in an address",
  ],
  [
    "the password in the query",
    password(`post: /a, ${BODY}, query: { p: "{password}" }`),
    "CFG009 `{password}` would stand in an address",
  ],
  [
    "the password in a header",
    password(`post: /a, ${BODY}, headers: { X-P: "{password}" }`),
    "CFG009 `{password}` cannot stand in a header",
  ],
  [
    "a template that is none",
    password('post: /a, json: { l: "{logn}", p: "{password}" }'),
    "CFG009 `{logn}` is not a template → did you mean `{login}`?",
  ],
  [
    "a secret in the body",
    password(`post: /a, json: { l: "{login}", p: "{password}", client_secret: abc }`),
    "CFG007 `client_secret` holds the secret itself",
  ],
  [
    "a secret in a header",
    password(`post: /a, ${BODY}, headers: { Authorization: Basic abc }`),
    "CFG007 `Authorization` holds the secret itself",
  ],
  [
    "a secret in a header of a vendor",
    password(`post: /a, ${BODY}, headers: { X-Auth-Token: abc }`),
    "CFG007 `X-Auth-Token` holds the secret itself",
  ],
  [
    "a server that is typed",
    password(`post: "https://{login}.example.com/a", basic: true`),
    "what was typed cannot say which server is asked",
  ],
  [
    "an address without TLS",
    password(`post: "http://login.example.com/a", ${BODY}`),
    "warning CFG005 `post` is reached without TLS",
  ],
  [
    "two subjects",
    `login:\n  password: { kind: http, post: /a, ${BODY}, success: a, refused: b, subject: { key: a, username: b } }\n`,
    "`subject` says both `key` and `username`",
  ],
  [
    "a mistyped word",
    password(`post: /a, ${BODY}, disabeld: x`),
    "CFG003 unknown key `disabeld` in `password` with `kind: http` → did you mean `disabled`?",
  ],
  [
    "a mistyped kind",
    token("kind: odic, issuer: https://a.example, audience: a"),
    "`kind` cannot be `odic` → did you mean `oidc`?",
  ],
  ["a missing word", token("kind: oidc, issuer: https://a.example"), "CFG004 `audience` is missing"],
  [
    "a short key",
    token('kind: jwt, algorithm: HS256, secret: "${SHORT}", issuer: a, audience: b'),
    "the key has 3 bytes; `HS256` needs 32 at least",
  ],
  [
    "a key in the file",
    token("kind: jwt, algorithm: HS256, secret: abcdef, issuer: a, audience: b"),
    "CFG007 `secret` holds the secret itself",
  ],
  [
    "no certificate",
    token("kind: saml, issuer: a, audience: b, recipient: https://c.example, certificate: abc"),
    "`certificate` is no certificate as PEM",
  ],
  [
    "an address back that is a pattern",
    'login:\n  browser: { kind: oidc, issuer: https://a.example, clientId: a, callback: https://b.example/v1/login/acme/callback, returnTo: ["https://*.example/"], subject: { key: sub } }\n',
    "without `*` and `#`",
  ],
  ...["https://b.example/v1/login/acme/callback/", "https://b.example/v1/login/corp/callback", "https://b.example"].map(
    (callback): [string, string, string] => [
      `a callback to ${callback}`,
      `login:\n  browser: { kind: oidc, issuer: https://a.example, clientId: a, callback: "${callback}", returnTo: [https://c.example/], subject: { key: sub } }\n`,
      "`callback` must end in `/v1/login/acme/callback`",
    ],
  ),
])("%s is a mistake", async (_, login, said) => {
  const problems = (await loaded(login)).problems.map(told);
  expect(problems.join("\n")).toContain(said);
  expect(problems.join("\n")).not.toMatch(/abcdef|Basic abc|: abc[ ,]/);
});

const saml = token(
  'kind: saml, issuer: a, audience: b, recipient: https://c.example, certificate: "${file:example-idp.pem}"',
);
const withCertificate = (pem: string) =>
  load({ "jobs/acme.yaml": START + saml, "mappings/acme/users.yaml": USERS, "example-idp.pem": pem });
const BROKEN = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

test.each<[string, string, number]>([
  ["alone", CERTIFICATE, 1],
  ["with empty lines", `\n${CERTIFICATE}\n\n`, 1],
  ["with lines of Windows", `${CERTIFICATE.replaceAll("\n", "\r\n")}\r\n`, 1],
  ["in one line", CERTIFICATE.replaceAll("\n", " "), 1],
  [
    "under what a tool writes of it",
    `subject=CN = idp.example\nCertificate:\n    Data:\n${CERTIFICATE}\n# until 2027\n`,
    1,
  ],
  ["beside the one that comes after it", `${CERTIFICATE}\n${IDP_CERTIFICATE}\n`, 2],
])("a certificate %s is read", async (_, pem, count) => {
  const { jobs, problems } = await withCertificate(pem);
  expect(problems.map(told)).toEqual([]);
  const way = jobs[0]?.login?.token;
  const read = way?.kind === "saml" ? way.certificates : [];
  expect(read.map((one) => one.trim())).toEqual([CERTIFICATE, IDP_CERTIFICATE].slice(0, count));
});

test.each<[string, string, string]>([
  ["that is none", BROKEN, "CFG005 the certificate cannot be read → name a file"],
  ["that does not end", CERTIFICATE.slice(0, -30), "the certificate cannot be read"],
  ["beside a good one", `${CERTIFICATE}\n${BROKEN}`, "of the 2 certificates number 2 cannot be read"],
  ["that does not end, before a good one", `${CERTIFICATE.slice(0, -30)}\n${CERTIFICATE}`, "number 1 cannot be read"],
])("a certificate %s is a mistake", async (_, pem, said) => {
  expect((await withCertificate(pem)).problems.map(told).join("\n")).toContain(said);
});

test("a mistake in an expression is one where it stands", async () => {
  const { logins, locate } = await loaded(password(`post: /a, ${BODY}, disabled: $lowercas(body.x) = "a"`));
  const found = logins.flatMap((login) => checkSingleExpressions(loginExpressions(login))).map(locate);
  expect(found.map(told)).toEqual([expect.stringMatching(/«\$lowercas» MAP041 .*did you mean `\$lowercase`\?/)]);
});
