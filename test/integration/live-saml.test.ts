/** Assertions of a real SAML identity provider, and what people make of them. */
import { silentLog } from "../../src/domain/log";
import type { TokenWay } from "../../src/domain/login";
import { byKey, expression, type Opened, type OpenOptions, usedTokens, withLiveChecks } from "../support/live-check";
import { AUDIENCE, IDP, IDP_CERTIFICATE, RECIPIENT, respond } from "../support/saml-identity-provider";
import { CERTIFICATE } from "../support/untrusted-certificate";

const open = withLiveChecks();

const way: TokenWay = {
  kind: "saml",
  issuer: IDP,
  certificates: [IDP_CERTIFICATE],
  audience: AUDIENCE,
  recipient: RECIPIENT,
  subject: byKey("nameId"),
};
const opened = (changes: object = {}, options: OpenOptions = {}): Opened =>
  open("http://127.0.0.1:1", { token: { ...way, ...changes } }, options);
const posted = (xml: string): string => Buffer.from(xml).toString("base64");

const yes = { outcome: "accepted", key: "u1" };
const no = { outcome: "refused" };

const part = (xml: string, name: string): string =>
  new RegExp(`<(\\w+:)?${name}[ >].*</(\\w+:)?${name}>`, "s").exec(xml)?.[0] ?? "";
const evil = (xml: string): string => xml.replace(/>u1</, ">admin<");
const unsigned = (xml: string): string => xml.replace(part(xml, "Signature"), "");
const renamed = (xml: string): string => xml.replace(/ ID="[^"]*"/, ' ID="_evil"');
/** With something more as the first child of the outermost element. */
const withFirst = (xml: string, more: string): string => xml.replace(/^<[^>]*>/, (start) => start + more);

test.each([
  ["in the assertion", {}],
  ["around the response", { signAssertion: false, signResponse: true }],
  ["in both", { signResponse: true }],
])("a signature %s lets somebody in", async (_, options) => {
  await expect(opened().check(posted(await respond(options)))).resolves.toEqual(yes);
});

test("attributes tell who it is", async () => {
  const subject = {
    by: "username",
    from: expression("attributes.`http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress`"),
  };
  const live = opened({ subject }, { findKey: async (_, username) => (username === "a@x.example" ? "u1" : null) });
  await expect(live.check(posted(await respond({ user: "other" })))).resolves.toEqual(yes);
});

test("while keys are changed either certificate will do", async () => {
  const live = opened({ certificates: [CERTIFICATE, IDP_CERTIFICATE] });
  await expect(live.check(posted(await respond()))).resolves.toEqual(yes);
});

test.each<[string, (xml: string) => string]>([
  ["a signature that refers to nothing", (xml) => xml.replace(/URI="#[^"]*"/, 'URI=""')],
  ["a signature without a reference to anything", (xml) => xml.replace(/ URI="#[^"]*"/, "")],
  ["a signature of nothing", (xml) => xml.replace(/<Transforms>.*?<\/Transforms>/s, "<Transforms/>")],
])("%s is a no that nobody is warned of, though the library stumbles over it", async (_, change) => {
  const said: unknown[] = [];
  const live = opened({}, { log: { ...silentLog, warn: (...line: unknown[]) => void said.push(line) } });
  const response = await respond();
  const changed = change(response);
  expect(changed).not.toBe(response);
  await expect(live.check(posted(changed))).resolves.toEqual(no);
  expect(said).toEqual([]);
});

test("an assertion is good once, whatever process it is brought to", async () => {
  const used = usedTokens();
  const response = posted(await respond());
  await expect(opened({}, { used }).check(response)).resolves.toEqual(yes);
  await expect(opened({}, { used }).check(response)).resolves.toEqual(no);
  await expect(opened({}, { used }).check(posted(await respond()))).resolves.toEqual(yes);
});

test.each<[string, Parameters<typeof respond>[0], object]>([
  ["another audience", { audience: "https://them.example" }, {}],
  ["no audience", { audience: undefined }, {}],
  ["another recipient", { recipient: "https://them.example/acs" }, {}],
  ["no recipient", { recipient: undefined }, {}],
  ["another destination", { destination: "https://them.example/acs" }, {}],
  [
    "another destination, signed",
    { destination: "https://them.example/acs", signAssertion: false, signResponse: true },
    {},
  ],
  ["another issuer", { issuer: "https://evil.example" }, {}],
  ["no signature", { signAssertion: false }, {}],
  ["SHA-1", { signatureAlgorithm: "rsa-sha1", digestAlgorithm: "sha1" }, {}],
  ["another certificate than it is signed with", {}, { certificates: [CERTIFICATE] }],
  ["the end of its time", { lifetimeInSeconds: -31 }, {}],
])("%s is a no", async (_, options, changes) => {
  await expect(opened(changes).check(posted(await respond(options)))).resolves.toEqual(no);
});

test.each(["Responder", "AuthnFailed"])("the status %s is a no, whatever stands beside it", async (status) => {
  const response = (await respond()).replace("status:Success", `status:${status}`);
  await expect(opened().check(posted(response))).resolves.toEqual(no);
});

test("a response without a destination is taken", async () => {
  const response = (await respond()).replace(/ Destination="[^"]*"/, "");
  expect(response).not.toContain("Destination");
  await expect(opened().check(posted(response))).resolves.toEqual(yes);
});

test("of two status codes both must be a success", async () => {
  const response = (await respond()).replace(/(<samlp:StatusCode [^>]*>)/, '$1<samlp:StatusCode Value="urn:x"/>');
  await expect(opened().check(posted(response))).resolves.toEqual(no);
});

test("SHA-1 is a no, however its name is written", async () => {
  const response = await respond({ signatureAlgorithm: "rsa-sha1", digestAlgorithm: "sha1" });
  const disguised = response.replaceAll('sha1"', 'sh&#97;1"');
  expect(disguised).not.toBe(response);
  await expect(opened().check(posted(disguised))).resolves.toEqual(no);
});

test("more parts than a response has are a no before anything is made of them", async () => {
  const response = await respond();
  const live = opened();
  await expect(live.check(posted(withFirst(response, "<x/>".repeat(600))))).resolves.toEqual(no);
  await expect(live.check(posted(withFirst(response, `<x ${'a="" '.repeat(2_000)}/>`)))).resolves.toEqual(no);
  await expect(live.check(posted(withFirst(response, "<x/>".repeat(400))))).resolves.toEqual(yes);
});

test("what is over by our own clock is a no", async () => {
  const live = opened({}, { now: () => Date.now() + 331_000 });
  await expect(live.check(posted(await respond()))).resolves.toEqual(no);
});

/** Somala and others, "On Breaking SAML" (USENIX Security 2012): the signed assertion moves, and another takes its place. */
describe("a signature wrapped around somebody else", () => {
  test.each<[string, (xml: string) => string]>([
    ["a name changed", evil],
    ["an issuer changed", (xml) => xml.replace("<saml:Issuer>https://idp", "<saml:Issuer>https://evil")],
    [
      "XSW1: the signed response inside the forged one's signature",
      (xml) => {
        const forged = evil(unsigned(renamed(xml)));
        const signature = part(xml, "Signature").replace("</Signature>", `<Object>${xml}</Object></Signature>`);
        return forged.replace("</saml:Assertion>", `${signature}</saml:Assertion>`);
      },
    ],
    [
      "XSW3: a forged assertion before the signed one",
      (xml) => {
        const assertion = part(xml, "Assertion");
        return xml.replace(assertion, `${evil(unsigned(renamed(assertion)))}${assertion}`);
      },
    ],
    [
      "XSW4: the signed assertion inside the forged one",
      (xml) => {
        const assertion = part(xml, "Assertion");
        return xml.replace(
          assertion,
          evil(unsigned(renamed(assertion))).replace("</saml:Assertion>", `${assertion}</saml:Assertion>`),
        );
      },
    ],
    [
      "XSW5: the forged one has the signature, the signed one lies outside",
      (xml) => {
        const assertion = part(xml, "Assertion");
        return xml.replace(assertion, `${evil(renamed(assertion))}${unsigned(assertion)}`);
      },
    ],
    [
      "XSW6: the signed assertion as a child of the forged one's signature",
      (xml) => {
        const assertion = part(xml, "Assertion");
        const signature = part(xml, "Signature").replace("</Signature>", `${unsigned(assertion)}</Signature>`);
        return xml.replace(assertion, evil(renamed(assertion)).replace(part(xml, "Signature"), signature));
      },
    ],
    [
      "XSW7: the signed assertion among extensions",
      (xml) => {
        const assertion = part(xml, "Assertion");
        const extensions = `<samlp:Extensions>${assertion}</samlp:Extensions>`;
        return xml
          .replace("<samlp:Status>", `${extensions}<samlp:Status>`)
          .replace(new RegExp(`${assertion.slice(-40)}(?=</samlp:Response>)`), "")
          .replace(`</samlp:Status>${assertion}`, `</samlp:Status>${evil(unsigned(renamed(assertion)))}`);
      },
    ],
    [
      "XSW8: the signed assertion as an object of the forged one's signature",
      (xml) => {
        const assertion = part(xml, "Assertion");
        const signature = part(xml, "Signature").replace(
          "</Signature>",
          `<Object>${unsigned(assertion)}</Object></Signature>`,
        );
        return xml.replace(assertion, evil(renamed(assertion)).replace(part(xml, "Signature"), signature));
      },
    ],
    [
      "two with one id",
      (xml) => {
        const assertion = part(xml, "Assertion");
        return xml.replace(assertion, `${evil(unsigned(assertion))}${assertion}`);
      },
    ],
    ["an assertion twice", (xml) => xml.replace(part(xml, "Assertion"), (one) => one + one)],
    ["a second name", (xml) => xml.replace("<saml:NameID", "<saml:NameID>admin</saml:NameID><saml:NameID")],
    ["no signature any more", (xml) => evil(unsigned(xml))],
    ["a signature without a reference", (xml) => evil(xml).replace(/<Reference .*<\/Reference>/s, "")],
    ["a digest that is commented", (xml) => evil(xml).replace("<DigestValue>", "<DigestValue><!--x-->")],
    [
      "a key it brings itself",
      (xml) => evil(xml).replace(/<X509Certificate>[^<]*/, `<X509Certificate>${CERTIFICATE.replace(/-.*-/g, "")}`),
    ],
  ])("%s", async (_, change) => {
    const changed = change(await respond());
    const outcome = await opened().check(posted(changed));
    expect(outcome).toEqual(no);
  });

  test.each<[string, (signed: string, signature: string, forged: string) => string]>([
    [
      "XSW1: the signed response inside the forged one's signature",
      (signed, signature, forged) =>
        withFirst(forged, signature.replace("</Signature>", `<Object>${signed}</Object></Signature>`)),
    ],
    [
      "XSW2: the signed response beside its signature",
      (signed, signature, forged) => withFirst(forged, signature + signed),
    ],
    [
      "the signed response inside the forged one",
      (signed, signature, forged) => withFirst(forged, withFirst(signed, signature)),
    ],
  ])("%s, of a response signed as a whole", async (_, wrap) => {
    const xml = (await respond({ signAssertion: false, signResponse: true })).replace(/^<\?xml[^>]*>/, "");
    const signed = unsigned(xml);
    const changed = wrap(signed, part(xml, "Signature"), evil(renamed(signed)));
    expect(changed).toContain(">u1<");
    expect(changed).toContain(">admin<");
    expect(await opened().check(posted(changed))).toEqual(no);
  });

  test("a comment that cuts a name in two leaves the name as it was signed", async () => {
    const xml = (await respond({ user: "admin.evil" })).replace(">admin.evil<", ">admin<!-- -->.evil<");
    const outcome = await opened().check(posted(xml));
    // Canonical XML has no comments, so the signature holds; the name must be the whole of it.
    expect([{ outcome: "accepted", key: "admin.evil" }, no]).toContainEqual(outcome);
  });
});

const bomb = `<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 12 }, (_, i) => `<!ENTITY a${i} "${`&a${i === 0 ? "" : i - 1};`.repeat(10)}">`).join("")}]>`;

test.each([
  [
    "entities that grow",
    `${bomb}<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">&a11;</samlp:Response>`,
  ],
  ["an entity that is a file", '<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]><r>&f;</r>'],
  ["XML without end", "<a>".repeat(50_000)],
  ["half of a response", '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"><saml'],
  ["another document", "<html/>"],
  ["no XML", "hello"],
  ["nothing", ""],
])("%s is a no, at once", async (_, xml) => {
  const began = process.cpuUsage();
  await expect(opened().check(posted(xml))).resolves.toEqual(no);
  expect(process.cpuUsage(began).user).toBeLessThan(5_000_000);
});

test("a response longer than any, and one in UTF-16, are a no", async () => {
  await expect(opened().check(posted(`${await respond()}${" ".repeat(300_000)}`))).resolves.toEqual(no);
  await expect(opened().check(Buffer.from(bomb, "utf16le").toString("base64"))).resolves.toEqual(no);
});
