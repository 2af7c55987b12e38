// biome-ignore-all lint/suspicious/noTemplateCurlyInString: `${NAME}` is how job files name a variable.
import { type Mistake, messages } from "./job-mistakes";

const CASES: readonly Mistake[] = [
  [
    "a secret in the file",
    "auth: { kind: bearer, token: s3cr3t }",
    [
      "4:30 «******» CFG007 `token` holds the secret itself; files are copied, shared and kept in history for ever → set it in the environment or in `.env`, and write `${NAME}`",
    ],
  ],
  ...["$ACME_TOKEN", "'{ACME_TOKEN}'", "'{{ACME_TOKEN}}'"].map(
    (written): Mistake => [
      `half of how a variable is written: ${written}`,
      `auth: { kind: bearer, token: ${written} }`,
      [
        expect.stringContaining(
          "CFG007 `token` holds the secret itself; files are copied, shared and kept in history for ever → a variable is written `${NAME}`, with `$` and both braces",
        ),
      ],
    ],
  ),
  [
    "a secret under a mistyped word",
    "auth: { kind: bearer, tokn: s3cr3t }",
    ["4:23 «tokn» CFG003 unknown key `tokn` in `auth` with `kind: bearer` → did you mean `token`?"],
  ],
  [
    "a password behind the user name",
    "auth: { kind: basic, username: 'ann:s3cr3t', password: '${ACME_TOKEN}' }",
    [
      "4:32 «************» CFG005 `username` holds a colon, which ends the name in basic authentication: the rest would count as the password → what stands behind the colon mostly belongs under `password`",
    ],
  ],
  [
    "a colon in a user name that a variable holds",
    "auth: { kind: basic, username: '${ACME_USER}', password: '${ACME_TOKEN}' }",
    [
      "4:32 «'${ACME_USER}'» CFG005 `username` holds a colon, which ends the name in basic authentication: the rest would count as the password → what stands behind the colon mostly belongs under `password`",
    ],
  ],
  [
    "a secret file for a user name, told once",
    "auth: { kind: basic, username: '${file:user}', password: '${ACME_TOKEN}' }",
    ["4:33 «${file:user}» CFG008 `${file:user}` does not name a variable; files are read in secret fields only"],
  ],
  [
    "a scheme before a token, which would be sent twice",
    "auth: { kind: bearer, token: 'Bearer ${ACME_TOKEN}' }",
    [
      "4:30 «'Bearer ${ACME_TOKEN}'» CFG005 `token` takes a variable alone: what stands before it would be sent as a part of the secret → write `${ACME_TOKEN}`",
    ],
  ],
  [
    "a scheme in the variable of a token",
    "auth: { kind: bearer, token: '${ACME_BEARER}' }",
    [
      "4:30 «'${ACME_BEARER}'» CFG005 the value of `token` begins with `Bearer`, which is sent before it anyway → set the variable to the token alone",
    ],
  ],
  [
    "a word before a password",
    "auth: { kind: basic, username: ann, password: 'x ${ACME_TOKEN}' }",
    [
      "4:47 «'x ${ACME_TOKEN}'» CFG005 `password` takes a variable alone: what stands before it would be sent as a part of the secret → write `${ACME_TOKEN}`",
    ],
  ],
  [
    "a key in a header that is none",
    "auth: { kind: api-key, name: X Key, value: '${ACME_TOKEN}' }",
    ["4:30 «X Key» CFG005 `X Key` is not a header that can be set"],
  ],
  [
    "a key in a header of the HTTP client's own",
    "auth: { kind: api-key, name: Host, value: '${ACME_TOKEN}' }",
    ["4:30 «Host» CFG005 `Host` is not a header that can be set"],
  ],
  ["such a name for a query parameter", "auth: { kind: api-key, in: query, name: host, value: '${ACME_TOKEN}' }", []],
  [
    "headers that cannot be sent",
    'http: { headers: { X-A: "日本", X-B: "a\\nb", X-C: é, X-D: "${ACME_LINES}" } }',
    ["X-A", "X-B", "X-D"].map((name) =>
      expect.stringContaining(`CFG005 \`${name}\` holds characters that cannot be sent in a header`),
    ),
  ],
  [
    "a credential among the headers",
    "http: { headers: { authorization: Bearer s3cr3t } }",
    [
      "4:20 «authorization» CFG007 `authorization` is a credential: it belongs under `auth` → e.g. `auth: { kind: api-key, name: Authorization, value: … }`",
    ],
  ],
  [
    "secrets among the headers",
    "http: { headers: { X-Api-Key: s3cr3t, Ocp-Apim-Subscription-Key: s3cr3t, X-Auth-Token: 'a ${ACME_TOKEN}', X-Tenant: t } }",
    ["X-Api-Key", "Ocp-Apim-Subscription-Key"].map((name) =>
      expect.stringContaining(`«******» CFG007 \`${name}\` holds the secret itself; files are copied`),
    ),
  ],
  [
    "a variable that is empty",
    "auth: { kind: bearer, token: '${ACME_EMPTY}' }",
    ["4:31 «${ACME_EMPTY}» CFG008 the variable `ACME_EMPTY` is empty → set it in the environment or in `.env`"],
  ],
  [
    "a variable that is not set",
    "auth: { kind: bearer, token: '${ACME_TOKN}' }",
    ["4:31 «${ACME_TOKN}» CFG008 the variable `ACME_TOKN` is not set → did you mean `ACME_TOKEN`?"],
  ],
  [
    "a secret file where no secret stands",
    "baseUrl: ${file:/etc/hostname}",
    [
      "3:10 «${file:/etc/hostname}» CFG008 `${file:/etc/hostname}` does not name a variable; files are read in secret fields only",
    ],
  ],
  [
    "a secret file that does not exist",
    "auth: { kind: bearer, token: '${file:nowhere/token}' }",
    [
      "4:31 «${file:nowhere/token}» CFG008 the secret file `nowhere/token` cannot be read: it does not exist → write it, or correct the path",
    ],
  ],
  [
    "a secret that never ends",
    "auth: { kind: bearer, token: '${file:/dev/zero}' }",
    [
      "4:31 «${file:/dev/zero}» CFG008 the secret file `/dev/zero` cannot be read: it is a device → put an ordinary file there",
    ],
  ],
  [
    "an unknown kind of auth",
    "auth: { kind: baerer }",
    ["4:15 «baerer» CFG005 `kind` cannot be `baerer` → did you mean `bearer`?"],
  ],
  [
    "a planned kind of auth",
    "auth: { kind: jwt }",
    ["4:15 «jwt» CFG006 `kind: jwt` is planned, not yet supported; remove it for now"],
  ],
  [
    "a planned grant",
    "auth: { kind: oauth2, grant: password, tokenUrl: https://x.example, clientId: a, clientSecret: '${ACME_TOKEN}' }",
    ["4:30 «password» CFG006 `grant: password` is planned, not yet supported; remove it for now"],
  ],
];

describe("mistakes in the credentials of a job file", () => {
  test.each(CASES)("%s", async (_, lines, expected) => {
    expect(await messages(lines)).toEqual(expected);
  });
});
