/** Systems, webhooks and a mail server whose certificates an authority of the customer's own vouches for, or nobody. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { SMTPServer } from "smtp-server";
import { checkCredentials } from "../../src/app/answers/check-credentials";
import { createJobs } from "../../src/app/jobs";
import { createNotices } from "../../src/app/notices/notices";
import { openAdapters } from "../../src/app/open/adapters";
import { httpWay, openLiveCheck } from "../support/live-check";
import { makeTempDir, type TempDir } from "../support/temp-dir";
import { CERTIFICATE, KEY } from "../support/untrusted-certificate";
import { startUpstreamServer, type UpstreamServer } from "../support/upstream-server";

const OWN = { key: KEY, cert: CERTIFICATE };
const REFUSED = "has a TLS certificate that cannot be trusted";
const AUTHORITIES = { ".env": "NODE_EXTRA_CA_CERTS=certs/own.pem\n", "certs/own.pem": CERTIFICATE };

let server: UpstreamServer;
let mail: SMTPServer;
let home: TempDir;
beforeEach(async () => {
  server = await startUpstreamServer({ makeServer: () => createServer(OWN) });
  server.on("/users", () => ({ body: [{ id: "u1", login: "ann" }] }));
  server.on("/hook", () => ({ status: 204 }));
  server.on("/login", () => ({ body: { id: "u1" } }));
  mail = new SMTPServer({
    ...OWN,
    secure: true,
    authOptional: true,
    onData: (data, _, done) => data.resume().on("end", done),
  });
  mail.on("error", () => undefined);
  mail.listen(0, "127.0.0.1");
  await once(mail.server, "listening");
  const mailPort = (mail.server.address() as AddressInfo).port;
  home = await makeTempDir("own-authorities");
  await write({
    "jobs/acme.yaml": `
source: acme
baseUrl: ${server.url}
http: { allowPrivate: true }
notify:
  - { webhook: "\${HOOK}", allowPrivate: true }
  - { email: [ops@example.com] }
entities:
  users: { get: /users, page: none, deletes: never }
`,
    "mappings/acme/users.yaml": "into: users\nkey: id\nfields:\n  username: login\n  status: { default: active }\n",
  });
  settings = `HOOK=${server.url}/hook\nSMTP_URL=smtps://127.0.0.1:${mailPort}\nSMTP_FROM=understudy@example.com\n`;
  await write({ ".env": settings });
});
afterEach(async () => {
  await Promise.all([server.close(), new Promise<void>((resolve) => mail.close(() => resolve())), home.remove()]);
});

let settings: string;
async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(home.path, path)), { recursive: true });
    await writeFile(join(home.path, path), text);
  }
}
const adaptersOf = () => openAdapters({ home: home.path, env: {}, logLevel: "silent" });

test("whom NODE_EXTRA_CA_CERTS of `.env` names is believed by all that goes out", async () => {
  await write({ ...AUTHORITIES, ".env": settings + AUTHORITIES[".env"] });
  const adapters = adaptersOf();
  expect(await checkCredentials(adapters, createJobs(adapters))).toMatchObject([{ message: "acme answers" }]);

  const notices = createNotices(adapters, { showSource: async () => ({}) as never });
  expect(await notices.test("acme", new AbortController().signal)).toMatchObject([
    { target: "webhook", delivered: true },
    { target: "email", delivered: true },
  ]);
  await notices.close();

  const login = openLiveCheck(server.url, { password: httpWay() }, { outgoing: adapters.outgoing() });
  expect(await login.check({ login: "ann", password: "right" })).toEqual({ outcome: "accepted", key: "u1" });
  await login.close();
});

test("nobody is believed who is not named, whatever NODE_TLS_REJECT_UNAUTHORIZED says", async () => {
  const program = join(__dirname, "../support/careless-process.cjs");
  const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: "0" };
  const { stdout } = await promisify(execFile)(process.execPath, [program, home.path], { env });
  expect(JSON.parse(stdout)).toMatchObject({
    checks: [{ state: "warning", message: expect.stringContaining(REFUSED) }],
    told: [
      { target: "webhook", delivered: false, problem: expect.stringContaining(REFUSED) },
      { target: "email", delivered: false, problem: expect.stringContaining("did not take the mail") },
    ],
  });
  expect(server.requests).toEqual([]);
});
