/** The shapes of requests and answers, JSON Schema 2020-12. Requests are checked by them; `/v1/openapi.json` is made of them. */
import { PASSWORD_BYTES, TOKEN_LENGTH } from "../../domain/login";
import { PROBLEM_TYPE } from "../send-problem";

const text = (description: string, more: object = {}) => ({ type: "string", description, ...more }) as const;
const orNull = (description: string, more: object = {}) =>
  ({ type: ["string", "null"], description, ...more }) as const;
const whole = (description: string, more: object = {}) => ({ type: "integer", description, ...more }) as const;
const list = (items: object) => ({ type: "array", items }) as const;
/** An object of an answer: all of its members are always there. */
const answer = (properties: Readonly<Record<string, object>>, description?: string) => ({
  type: "object",
  ...(description === undefined ? {} : { description }),
  properties,
  required: Object.keys(properties),
});
/** An object of a request: nothing else may stand in it. */
export const closedObject = (properties: Readonly<Record<string, object>>, required: readonly string[]) => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});
const ref = (name: string) => ({ $ref: `${name}#` });

/** Longer names and tokens are nobody's. */
const NAME = { minLength: 1, maxLength: 1024 };
const TOKEN = { minLength: 1, maxLength: 12_000 };
const TIME = { format: "date-time" };

export const SOURCE = text("The source's name, as in its job file", { minLength: 1, maxLength: 200 });
export const KEY = text("The person's key in the source", NAME);

const subject = {
  source: text("The source's name"),
  key: text("The person's key in the source"),
  id: text("Stable, also when the key is renamed or the person leaves and returns"),
  username: text("The name the person signs in with"),
  displayName: orNull("For people"),
  email: orNull("As the source has it"),
  roles: list(
    answer({
      key: text("The role's key"),
      name: text("The role's name"),
      org: orNull("The organization within which it is held; null everywhere"),
      origin: { type: "string", enum: ["upstream", "default", "local"], description: "Who says so" },
      expiresAt: orNull("When a local grant ends", TIME),
    }),
  ),
  permissions: list(
    answer({
      key: text("The permission's key"),
      name: text("The permission's name"),
      via: list(text("A role that has it")),
    }),
  ),
  organizations: list(
    answer({
      key: text("The organization's key"),
      name: text("The organization's name"),
      path: list(text("Names from the root to the organization itself")),
    }),
  ),
};

const tokens = answer(
  {
    tokenType: { type: "string", const: "Bearer" },
    accessToken: text("A JWT signed with EdDSA, to be checked with /.well-known/jwks.json; `aud` is the source"),
    expiresIn: whole("Seconds that the access token lives"),
    refreshToken: text("Opaque, good once: each renewal gives another"),
    refreshExpiresIn: whole("Seconds until the session ends, renewed or not"),
  },
  "A session. It ends at once when the person is disabled, removed or given another password",
);

const grant = answer({
  id: whole("Names the grant"),
  source: text("The source's name"),
  user: text("The person's key"),
  role: text("The role's key"),
  org: orNull("The organization within which it is held; null everywhere"),
  grantedAt: text("When", TIME),
  grantedBy: text("By whom"),
  reason: text("Why"),
  until: orNull("When it ends by itself", TIME),
  endedAt: orNull("Null while it stands", TIME),
});

/** Shared ones, each under its name in the document. */
export const DEFINITIONS: readonly object[] = [
  { $id: "Subject", ...answer(subject, "Who, what they may do, where they belong") },
  {
    $id: "Identity",
    ...answer({
      ...subject,
      status: {
        type: "string",
        enum: ["active", "locked", "disabled"],
        description: "Only `active` people are let in",
      },
      asOf: text("When the source was last read completely", TIME),
    }),
  },
  { $id: "Tokens", ...tokens },
  { $id: "Grant", ...grant },
  {
    $id: "Problem",
    ...answer(
      {
        type: text("Always `about:blank`: the status says it all"),
        title: text("The status in words"),
        status: whole("The HTTP status"),
        detail: text("What is wrong, without any value of the request"),
      },
      "RFC 9457",
    ),
    required: ["type", "title", "status"],
  },
];

export const LOGIN_BODY = {
  ...closedObject(
    {
      source: SOURCE,
      login: text("What the person typed as their name", NAME),
      password: text("Taken byte for byte", { minLength: 1, "x-maxBytes": PASSWORD_BYTES }),
      token: text("An ID or access token of the customer's, or a SAML response in base64", {
        ...TOKEN,
        maxLength: TOKEN_LENGTH,
      }),
      code: text("What came back from the sign-in by browser", { minLength: 1, maxLength: 200 }),
      codeVerifier: text("PKCE (RFC 7636): what `codeChallenge` was made of", { pattern: "^[A-Za-z0-9._~-]{43,128}$" }),
      client: closedObject(
        { address: text("The person's own IP address, for the limits", { format: "ip", maxLength: 64 }) },
        [],
      ),
      tokens: { type: "boolean", description: "False opens no session; true when left out" },
    },
    ["source"],
  ),
  description: "Either `login` and `password`, or `token`, or `code`",
  oneOf: [{ required: ["login", "password"] }, { required: ["token"] }, { required: ["code"] }],
  dependentRequired: { login: ["password"], password: ["login"], codeVerifier: ["code"] },
};

const accepted = {
  ...answer(
    {
      result: { type: "string", const: "accepted" },
      basis: {
        type: "string",
        enum: ["live", "mirror"],
        description: "Who vouches: the customer's system just now, or the mirror",
      },
      asOf: text("When the answer was true", TIME),
      ageSeconds: whole("How long ago that is"),
      upstream: answer({
        state: { type: "string", enum: ["up", "down", "not-asked"] },
        afterMs: whole("How long asking took, in milliseconds"),
      }),
      subject: ref("Subject"),
      tokens: ref("Tokens"),
    },
    "Let in",
  ),
  required: ["result", "basis", "asOf", "ageSeconds", "upstream", "subject"],
};

const refused = {
  ...answer({ result: { type: "string", const: "refused" } }, "Not let in, for whatever reason"),
  additionalProperties: false,
};

const json = (description: string, schema: object) => ({
  description,
  content: { "application/json": { schema } },
});
const problem = (description: string) => ({ description, content: { [PROBLEM_TYPE]: { schema: ref("Problem") } } });

/** What may become of any request with a key. */
export const PROBLEMS = {
  400: problem("The request does not fit its schema, or is not strict JSON"),
  401: problem("No key, or one that is not good: all alike"),
  403: problem("The key, or the server's role in the database, is not for this"),
  404: problem("No such source, as far as this key knows, or nothing there"),
  413: problem("A body over 64 KB"),
  415: problem("A body of another type"),
  503: { ...problem("Nobody can say at this moment"), headers: { "Retry-After": whole("Seconds") } },
};

export const LOGIN_ANSWER = json("Yes or no", { oneOf: [accepted, refused] });
export const RENEW_BODY = closedObject({ refreshToken: text("The handle of the session", TOKEN) }, ["refreshToken"]);
export const RENEW_ANSWER = json("Yes or no", {
  oneOf: [answer({ result: { type: "string", const: "accepted" }, tokens: ref("Tokens") }), refused],
});
export const LOGOUT_BODY = closedObject(
  {
    token: text(
      "Either token of the session, also a refresh token that was used before, and an access token that is over",
      TOKEN,
    ),
  },
  ["token"],
);
/** OAuth has what is not known ignored (RFC 6749): its clients send more. */
export const INTROSPECT_BODY = {
  ...closedObject(
    {
      token: text("An access or a refresh token", TOKEN),
      token_type_hint: text("Taken and not needed", { maxLength: 100 }),
    },
    ["token"],
  ),
  additionalProperties: true,
};
export const INTROSPECT_ANSWER = json("RFC 7662: as it is at this moment", {
  oneOf: [
    { ...answer({ active: { type: "boolean", const: false } }), additionalProperties: false },
    answer({
      active: { type: "boolean", const: true },
      token_type: { type: "string", enum: ["access_token", "refresh_token"] },
      iss: text("Who signed"),
      aud: text("The source"),
      sub: text("The person's stable id"),
      client_id: text("The key that asked for the login"),
      iat: whole("Seconds since 1970"),
      exp: whole("Seconds since 1970"),
      sid: text("The session"),
      username: text("The name the person signs in with"),
      basis: { type: "string", enum: ["live", "mirror"] },
      asOf: text("When the login's answer was true", TIME),
      subject: ref("Subject"),
    }),
  ],
});

export const IDENTITY_ANSWER = json("The person as the mirror has them", ref("Identity"));
export const IDENTITIES_QUERY = closedObject(
  {
    limit: whole("How many at most", { minimum: 1, maximum: 500, default: 100 }),
    cursor: text("From the `Link` header of the page before", { minLength: 1, maxLength: 2048 }),
    username: text("Only people with this name, compared without regard to case", NAME),
    email: text("Only people with this address, compared without regard to case", NAME),
  },
  [],
);
export const IDENTITIES_ANSWER = {
  ...json("A page, in the order of keys", answer({ items: list(ref("Identity")) })),
  headers: { Link: text('`rel="next"` while there are more') },
};

export const GRANTS_ANSWER = json("Those that stand", answer({ items: list(ref("Grant")) }));
export const GRANT_ANSWER = json("The grant", ref("Grant"));
export const GRANT_BODY = closedObject(
  {
    role: text("The role's key", NAME),
    org: text("The organization within which it is held; everywhere without", NAME),
    until: text("When it ends by itself", TIME),
    reason: text("Why, for the audit; not blank", { minLength: 1, maxLength: 500, pattern: "\\S" }),
  },
  ["role", "reason"],
);
export const START_QUERY = closedObject(
  {
    returnTo: text("Where the person goes afterwards: one of the job's addresses", { minLength: 1, maxLength: 2048 }),
    state: text("Given back untouched", { maxLength: 512 }),
    codeChallenge: text("PKCE of the application (S256, RFC 7636)", { pattern: "^[A-Za-z0-9_-]{43}$" }),
  },
  ["returnTo"],
);
export const SENT_ON = { description: "To the next step", headers: { Location: text("Where to") } };
