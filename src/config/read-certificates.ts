import { X509Certificate } from "node:crypto";
import { MOST_BYTES, readFile } from "./read-file";

const CERTIFICATES = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[^-]*-----END \1-----/g;
const AS_PEM = "it must be PEM: openssl x509 -inform der -in FILE -out FILE.pem";

/**
 * The certificates in PEM that a file holds, or what is wrong with it.
 *
 * @param each whether each of them is looked into, which takes 20 ms for those that an operating system believes
 */
export function readCertificates(
  path: string,
  { each }: { readonly each: boolean },
): string | { readonly wrong: string; readonly hint: string } {
  const content = readFile(path, MOST_BYTES.certificates);
  if (!Buffer.isBuffer(content)) return { wrong: `cannot be read: ${content.why}`, hint: content.fix };
  // What stands between them may be in any encoding.
  const certificates = content.toString("latin1").match(CERTIFICATES) ?? [];
  const broken = each ? certificates.findIndex((one) => !isCertificate(one)) + 1 : 0;
  if (certificates.length > 0 && broken === 0) return certificates.join("\n");
  const wrong = broken === 0 ? "no certificate" : `a certificate that cannot be read, number ${broken}`;
  return { wrong: `holds ${wrong}`, hint: AS_PEM };
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
