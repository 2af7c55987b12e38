import { isJsonObject, type JsonObject } from "../../domain/json";

/** A signed assertion as the library reads XML: attributes under `$`, texts under `_`, everything else in lists. */
export type Assertion = { readonly Assertion?: Element };

/** The response that an assertion came in, read likewise. */
export type Around = { readonly Response?: Element };

interface Element {
  readonly $?: Readonly<Record<string, string>>;
  readonly _?: string;
  readonly [child: string]: unknown;
}

interface Expected {
  readonly issuer: string;
  readonly recipient: string;
}

const BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

/**
 * What the library leaves open (SAML 2.0 profiles, 4.1.4.3): who issued it, that it was meant for our address, and until when.
 * Null when it does not hold.
 */
export function checkAssertion(
  { Assertion: assertion }: Assertion,
  { issuer, recipient }: Expected,
  now: number,
  skew: number,
): { readonly id: string; readonly until: number } | null {
  if (assertion === undefined) return null;
  const id = assertion.$?.ID ?? "";
  if (id === "" || childrenOf(assertion, "Issuer")[0]?._ !== issuer) return null;
  const ends = childrenOf(assertion, "Subject")
    .flatMap((subject) => childrenOf(subject, "SubjectConfirmation"))
    .filter((confirmation) => confirmation.$?.Method === BEARER)
    .flatMap((confirmation) => childrenOf(confirmation, "SubjectConfirmationData"))
    .filter((data) => data.$?.Recipient === recipient && data.$?.NotBefore === undefined)
    .map((data) => Date.parse(data.$?.NotOnOrAfter ?? ""))
    .filter((end) => now < end + skew);
  return ends.length === 0 ? null : { id, until: Math.max(...ends) + skew };
}

const SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";

/**
 * Whether the response around it, which need not be signed, was meant for our address and says that all went well: the destination
 * is checked where there is one (SAML 2.0 bindings, 3.5.5.2).
 */
export function isGoodResponse({ Response: response }: Around, recipient: string): boolean {
  if (response === undefined || (response.$?.Destination ?? recipient) !== recipient) return false;
  const codes = childrenOf(response, "Status").flatMap((status) => childrenOf(status, "StatusCode"));
  return codes.length > 0 && codes.every((code) => code.$?.Value === SUCCESS);
}

const childrenOf = (element: Element, name: string): readonly Element[] => {
  const found = element[name];
  return Array.isArray(found) ? found.filter((one): one is Element => isJsonObject(one)) : [];
};

/** Texts, and lists of them; what is XML of its own is left out. */
export function attributesOf(attributes: unknown): JsonObject {
  if (!isJsonObject(attributes)) return {};
  const isText = (value: unknown): value is string => typeof value === "string";
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]): [string, string | readonly string[]][] => {
      if (isText(value)) return [[name, value]];
      return Array.isArray(value) ? [[name, value.filter(isText)]] : [];
    }),
  );
}
