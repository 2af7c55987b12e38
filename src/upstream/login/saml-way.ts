/** A response of a SAML 2.0 identity provider that somebody was given there, brought here in base64. */
import type { SAML } from "@node-saml/node-saml";
import type { JsonObject } from "../../domain/json";
import { type Credential, type LiveOutcome, TOKEN_LENGTH, type TokenWay } from "../../domain/login";
import type { LoginClient } from "./login-client";
import { indeterminate, REFUSED } from "./outcomes";
import type { UsedTokens } from "./ports";
import { type Around, type Assertion, attributesOf, checkAssertion, isGoodResponse } from "./read-assertion";
import { accepted, type ReadSubject } from "./read-subject";
import type { Way } from "./way";

interface SamlWayOptions {
  readonly way: Extract<TokenWay, { kind: "saml" }>;
  readonly client: LoginClient;
  readonly readSubject: ReadSubject;
  readonly used: UsedTokens;
}

/** Milliseconds. */
const CLOCK_SKEW = 30_000;

export const createSamlWay = ({ way, client, readSubject, used }: SamlWayOptions): Way => {
  // Loaded by those who need it: it is the largest of the libraries.
  const { SAML, ValidateInResponseTo } = require("@node-saml/node-saml") as typeof import("@node-saml/node-saml");
  const saml = new SAML({
    idpCert: [...way.certificates],
    issuer: way.audience,
    audience: way.audience,
    callbackUrl: way.recipient,
    // Either signature will do; what neither covers is never looked at.
    wantAssertionsSigned: false,
    wantAuthnResponseSigned: false,
    // We did not send the person there and cannot know what was asked; an assertion is good once, for the first to
    // bring it.
    validateInResponseTo: ValidateInResponseTo.never,
    acceptedClockSkewMs: CLOCK_SKEW,
  });

  return {
    async check(credential: Credential): Promise<LiveOutcome> {
      if (credential.kind !== "token") return indeterminate("unmapped");
      const signed = await readSigned(saml, credential.token, way.recipient);
      if (signed === null) return REFUSED;
      const good = checkAssertion(signed.assertion, way, client.now(), CLOCK_SKEW);
      if (good === null) return REFUSED;
      if (!(await used.claim(client.job.source, `saml ${way.issuer} ${good.id}`, good.until))) return REFUSED;
      const { nameId, sessionIndex, attributes } = signed;
      const input: JsonObject = { nameId, attributes, ...(sessionIndex === null ? {} : { sessionIndex }) };
      return accepted(readSubject, way.subject, input);
    },
    probe: async () => undefined,
  };
};

interface SignedAssertion {
  readonly assertion: Assertion;
  readonly nameId: string;
  readonly sessionIndex: string | null;
  readonly attributes: JsonObject;
}

/** What the identity provider signed; null for everything else. */
async function readSigned(saml: SAML, token: string, recipient: string): Promise<SignedAssertion | null> {
  if (token.length > TOKEN_LENGTH) return null;
  const xml = Buffer.from(token, "base64").toString("utf8");
  if (!isSafeXml(xml) || !isSmall(xml)) return null;
  try {
    const { profile } = await saml.validatePostResponseAsync({ SAMLResponse: token });
    if (typeof profile?.nameID !== "string" || profile.getAssertion === undefined) return null;
    const { parseXml2JsFromString } =
      require("@node-saml/node-saml/lib/xml") as typeof import("@node-saml/node-saml/lib/xml");
    if (!isGoodResponse((await parseXml2JsFromString(xml)) as Around, recipient)) return null;
    return {
      assertion: profile.getAssertion() as Assertion,
      nameId: profile.nameID,
      sessionIndex: profile.sessionIndex ?? null,
      attributes: attributesOf(profile.attributes),
    };
  } catch {
    // The library throws for whatever does not hold, and stumbles over what is no response at all. What it was made with is
    // no cause: the certificates were read when the job file was.
    return null;
  }
}

/** A group takes two tags and four attributes. */
const MOST_TAGS = 500;
const MOST_ATTRIBUTES = 2_000;

/**
 * Before anybody knows who sent it, its parts are sorted, in a time that grows with the square of their number; so it is also with
 * parts within parts.
 */
const isSmall = (xml: string): boolean =>
  count(xml, /<(?!\/)/g) <= MOST_TAGS && count(xml, /=\s*["']/g) <= MOST_ATTRIBUTES;

const count = (text: string, what: RegExp): number => text.match(what)?.length ?? 0;

/**
 * A document type can hold entities that grow without end or read files, and no response needs one. SHA-1 is no signature
 * any more (RFC 9155), and none of its names is to be written with references to characters.
 */
const isSafeXml = (xml: string): boolean =>
  !/<!(DOCTYPE|ENTITY)/i.test(xml) &&
  !/xmldsig#([a-z]+-)?sha1["']/i.test(xml) &&
  !/Algorithm\s*=\s*("[^"]*&|'[^']*&)/.test(xml);
