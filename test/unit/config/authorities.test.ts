/** Authorities of one's own, as NODE_EXTRA_CA_CERTS names them. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadEnvironment } from "../../../src/config/environment";
import { CERTIFICATE, REFUSED } from "../../support/untrusted-certificate";
import { told, withFolder } from "./project-folder";

/** @param content null: there is no such file */
const withFile = (name: string, content: string | Buffer | null, env: Readonly<Record<string, string>> = {}) => {
  const files = content === null ? {} : { [name]: content };
  return withFolder({ ".env": `NODE_EXTRA_CA_CERTS=${name}\n`, ...files }, async (home) =>
    loadEnvironment({ home, env }),
  );
};
const BROKEN = CERTIFICATE.replace("MIIBoTCC", "MIIBoTCD");
const AS_PEM = "it must be PEM: openssl x509 -inform der -in FILE -out FILE.pem";

test("are named by a path from the folder worked in, with whatever else the file says", async () => {
  const bundle = Buffer.from(`# K\u00f6ln\n${CERTIFICATE}\nand\n${REFUSED.INVALID_PURPOSE.cert}\n`, "latin1");
  const { settings, problems } = await withFile("certs/own.pem", bundle);
  expect(problems).toEqual([]);
  expect(settings.authorities).toBe(`${CERTIFICATE}\n${REFUSED.INVALID_PURPOSE.cert}`);
});

describe("of `.env`, beside those of the process's own environment, which Node read at its start", () => {
  const OTHER = REFUSED.INVALID_PURPOSE.cert;
  const withBoth = (own: string, other: string | null) =>
    withFolder({ "own.pem": own, ...(other === null ? {} : { "other.pem": other }) }, async (home) => {
      await writeFile(join(home, ".env"), "NODE_EXTRA_CA_CERTS=own.pem\n");
      return loadEnvironment({ home, env: { NODE_EXTRA_CA_CERTS: join(home, "other.pem") } });
    });

  test("count too, for Node does not tell every version of ours whom else it believes", async () => {
    const { settings, problems } = await withBoth(CERTIFICATE, OTHER);
    expect(problems).toEqual([]);
    expect(settings.authorities?.split(/\n(?=-----BEGIN)/)).toEqual([CERTIFICATE, OTHER].map((pem) => pem.trim()));
  });

  test("count where that variable is empty", async () => {
    const { settings, problems } = await withFile("own.pem", CERTIFICATE, { NODE_EXTRA_CA_CERTS: "" });
    expect(problems).toEqual([]);
    expect(settings.authorities).toBe(CERTIFICATE.trim());
  });

  test.each([
    ["does not exist", null, "cannot be read: it does not exist → write it, or correct the path"],
    ["holds none", "nothing", `holds no certificate → ${AS_PEM}`],
  ])("count where the file that it names %s, which is a warning, as it is to Node", async (_, other, expected) => {
    const { settings, problems } = await withBoth(CERTIFICATE, other);
    expect(problems.map(told)).toEqual([
      `environment:1:1 «NODE_EXTRA_CA_CERTS» warning CFG012 the file that \`NODE_EXTRA_CA_CERTS\` names ${expected}`,
    ]);
    expect(settings.authorities).toBe(CERTIFICATE.trim());
  });

  test("are looked at, and told at their line", async () => {
    const { problems } = await withBoth("nothing", OTHER);
    expect(problems.map(told)).toEqual([
      `.env:1:1 «NODE_EXTRA_CA_CERTS» CFG012 the file that \`NODE_EXTRA_CA_CERTS\` names holds no certificate → ${AS_PEM}`,
    ]);
  });
});

test("of the process's own environment alone are left to Node", async () => {
  const { settings } = await withFolder({ "other.pem": CERTIFICATE }, async (home) =>
    loadEnvironment({ home, env: { NODE_EXTRA_CA_CERTS: join(home, "other.pem") } }),
  );
  expect(settings.authorities).toBeNull();
});

test.each([
  ["that is not there", "own.pem", null, "cannot be read: it does not exist → write it, or correct the path"],
  ["without any", "own.pem", "nothing", `holds no certificate → ${AS_PEM}`],
  ["of another format", "own.der", Buffer.from([0x30, 0x82, 0xff]), `holds no certificate → ${AS_PEM}`],
  [
    "that is damaged",
    "own.pem",
    `${CERTIFICATE}\n${BROKEN}`,
    `holds a certificate that cannot be read, number 2 → ${AS_PEM}`,
  ],
])("what is wrong with a file %s is told", async (_, name, content, expected) => {
  const { settings, problems } = await withFile(name, content);
  expect(problems.map(told)).toEqual([
    `.env:1:1 «NODE_EXTRA_CA_CERTS» CFG012 the file that \`NODE_EXTRA_CA_CERTS\` names ${expected}`,
  ]);
  expect(settings.authorities).toBeNull();
});
