import { load, told, USERS } from "./project-folder";

/** A password that must not be seen; it is digits, so that YAML may take it for a number. */
const SECRET = "4711081547110815";

const problemsOf = async (auth: string) => {
  const job = `source: acme\nbaseUrl: https://a.example\n${auth}\nentities: { users: { get: /u, page: none, deletes: never } }\n`;
  const { jobs, problems } = await load({ "jobs/acme.yaml": job, "mappings/acme/users.yaml": USERS });
  return { jobs, problems };
};

test.each([
  ["as text", `auth: { kind: bearer, token: "${SECRET}" }`],
  ["as a number", `auth: { kind: bearer, token: ${SECRET} }`],
  ["as a block of text", `auth:\n  kind: bearer\n  token: |\n    ${SECRET}`],
  ["behind more than the name of a scheme", `auth: { kind: bearer, token: "${SECRET} \${TOKEN}" }`],
  ["by reference to an anchor", `safeguard: { empty: &p "${SECRET}" }\nauth: { kind: bearer, token: *p }`],
  ["under a mistyped word", `auth: { kind: bearer, tokken: ${SECRET} }`],
  ["in a list", `auth: { kind: bearer, token: [${SECRET}] }`],
  ["instead of the whole", `auth: ${SECRET}`],
  ["among the headers", `http: { headers: { authorization: ${SECRET} } }`],
  ["among the headers of a vendor", `http: { headers: { X-Api-Key: ${SECRET} } }`],
  ["in a URL", `auth: { kind: oauth2, grant: client-credentials, tokenUrl: "https://a:${SECRET}@x.example" }`],
  ["in a reference that YAML takes apart", `auth: { kind: bearer, token: \${X}, password: ${SECRET} }`],
  ["beside a mistake of YAML", `auth: { kind: bearer, token: ${SECRET} } x: y`],
  ["in a quote never closed", `auth: { kind: bearer, token: "${SECRET}`],
  ["behind a character that YAML reserves", `auth:\n  kind: bearer\n  token: @${SECRET}`],
  ["under a tab", `auth:\n  kind: bearer\n\ttoken: ${SECRET}`],
])("a secret in a file is refused and never shown: %s", async (_, auth) => {
  const { jobs, problems } = await problemsOf(auth);
  expect(jobs).toEqual([]);
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.map(told).join("\n")).not.toContain(SECRET);
  expect(JSON.stringify(problems)).not.toContain(SECRET);
});

test("references that multiply without bounds are refused", async () => {
  const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(", ")}]`);
  const { problems } = await problemsOf(["a0: &a0 [x]", ...levels].join("\n"));
  expect(problems.map(told)).toContain(
    "jobs/acme.yaml:1:1 «s» CFG002 the references to anchors in this file multiply without bounds",
  );
});
