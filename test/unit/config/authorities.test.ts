/** Authorities of one's own, as NODE_EXTRA_CA_CERTS names them. */
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

test("are read where `.env` names them: Node has read what the process's own environment names, or told that it cannot", async () => {
  const { settings, problems } = await withFile("own.pem", CERTIFICATE, { NODE_EXTRA_CA_CERTS: "/nowhere.pem" });
  expect(problems).toEqual([]);
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
