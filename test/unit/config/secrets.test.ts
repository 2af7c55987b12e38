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

const webhookProblems = async (name: string, env: Readonly<Record<string, string>>, requireEnv = true) => {
  const notify = `notify: [{ webhook: "https://h.example", secret: "\${${name}}" }]`;
  const job = `source: acme\nbaseUrl: https://a.example\n${notify}\nentities: { users: { get: /u, page: none, deletes: never } }\n`;
  const files = { "jobs/acme.yaml": job, "mappings/acme/users.yaml": USERS, hook: "whsec_\n" };
  const { problems } = await load(files, { env, requireEnv });
  return problems.map(told);
};
const bytes = (count: number): string => Buffer.alloc(count, SECRET).toString("base64");

test.each([
  ["nothing", ""],
  ["what is no base64", "!!!"],
  ["what is base64 up to there", `${bytes(24)}!`],
  ["what is cut off", `${bytes(24)}A`],
  ["too few bytes", bytes(23)],
])("a webhook is not signed with a key that anybody knows or guesses: %s", async (_, rest) => {
  const problems = await webhookProblems("HOOK", { HOOK: `whsec_${rest}` });
  expect(problems).toEqual([
    expect.stringMatching(
      /^jobs\/acme.yaml:3:50 .+ CFG005 `secret` begins with `whsec_`, and what follows is not base64 of 24 bytes or more →/,
    ),
  ]);
});

test("so it is with a secret that a file holds", async () => {
  expect(await webhookProblems("file:hook", {})).toEqual([expect.stringMatching(/hook}"» CFG005 `secret` begins/)]);
});

test.each([
  ["24 bytes", `whsec_${bytes(24)}`],
  ["25 bytes", `whsec_${bytes(25)}`],
  ["25 bytes without what fills base64 up", `whsec_${bytes(25).replaceAll("=", "")}`],
  ["bytes of its own", "short"],
])("a secret that signs is no mistake: %s", async (_, HOOK) => {
  expect(await webhookProblems("HOOK", { HOOK })).toEqual([]);
});

test("a secret that is not known is judged by nobody", async () => {
  const warned = [expect.stringContaining("warning CFG008 the variable `HOOK` is not set")];
  expect(await webhookProblems("HOOK", {}, false)).toEqual(warned);
});
