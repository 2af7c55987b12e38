import { isJsonObject, type JsonObject } from "../../domain/json";

/** A signed assertion as the library reads XML: attributes under `$`, texts under `_`, everything else in lists. */
export type Assertion = { readonly Assertion?: Element };

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
