import { X509Certificate } from "node:crypto";
import type { Variables } from "../variables";
import type { Entry } from "../yaml/entry";

const BEGIN = "-----BEGIN CERTIFICATE-----";
const BODY = /^([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/;

/**
 * All certificates of `certificate:`: while keys are changed there are two. They are public, so they may also stand in the
 * file itself. What stands around them, as tools write it, is left out.
 */
export function readCertificates(entry: Entry | null, variables: Variables): readonly string[] {
  const written = entry?.written() ?? "";
  if (entry === null || written === "") return [];
  const pem = written.startsWith("${") ? variables.secret(entry).reveal() : written;
  // A variable that is not set was told already.
  if (pem.includes("${") || pem === "") return [];
  const found = pem.split(BEGIN).slice(1).map(certificateOf);
  const hint = `name a file that holds it, e.g. \`\${file:idp.pem}\``;
  if (found.length === 0)
    entry.report({
      message: `\`certificate\` is no certificate as PEM: it begins with \`${BEGIN}\``,
      hint,
    });
  for (const [index, certificate] of found.entries())
    if (certificate === null) entry.report({ message: `${placeOf(index, found.length)} cannot be read`, hint });
  return found.filter((certificate) => certificate !== null);
}

const placeOf = (index: number, count: number): string =>
  count === 1 ? "the certificate" : `of the ${count} certificates number ${index + 1}`;

/** As PEM with its lines in order; null for what is none. */
function certificateOf(block: string): string | null {
  const [, base64] = BODY.exec(block) ?? [];
  if (base64 === undefined) return null;
  try {
    return new X509Certificate(Buffer.from(base64, "base64")).toString();
  } catch {
    return null;
  }
}
