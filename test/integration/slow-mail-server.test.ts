/** Being told over a mail server that looks through a mail for long before it takes it. Its messages are kept in memory. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createNotices, type Notices } from "../../src/app/notices/notices";
import { openAdapters } from "../../src/app/open/adapters";
import type { Stores } from "../../src/app/open/open-stores";
import type { SourceStatus } from "../../src/domain/answers";
import type { Notice } from "../../src/domain/notify";
import type { NoticeStore, WaitingNotice } from "../../src/mirror/notice-store";
import { eventually } from "../support/eventually";
import { type MailServer, type Receiver, startMailServer, startReceiver } from "../support/receiver";
import { makeTempDir, type TempDir } from "../support/temp-dir";

const JOB = `
source: acme
notify:
  - { webhook: "\${HOOK}", allowPrivate: true }
  - { email: [ops@example.com] }
`;

let home: TempDir;
let receiver: Receiver;
let mail: MailServer;
let notices: Notices;
/** The mail server takes what came. */
let take: () => void;
let due: WaitingNotice[];
let delivered: string[];
let putBack: { readonly problem: string; readonly wait: number }[];
beforeEach(async () => {
  [home, receiver, mail] = await Promise.all([makeTempDir(), startReceiver(), startMailServer()]);
  mail.looksThrough = new Promise((resolve) => {
    take = resolve;
  });
  await mkdir(join(home.path, "jobs"));
  await writeFile(join(home.path, "jobs/acme.yaml"), JOB);
  [due, delivered, putBack] = [[], [], []];
  const env = { HOOK: receiver.url, SMTP_URL: mail.url, SMTP_FROM: "understudy@example.com" };
  const adapters = openAdapters({ home: home.path, env, logLevel: "silent" });
  const stores = async () => ({ notices: store }) as unknown as Stores;
  const status = { source: "acme", state: "held", sentence: "`acme` is held", lastRun: null };
  notices = createNotices({ ...adapters, stores }, { showSource: async () => status as unknown as SourceStatus });
});
afterEach(async () => {
  take();
  await notices.close();
  await Promise.all([receiver.close(), mail.close(), home.remove()]);
});

const store: Pick<NoticeStore, "settle" | "take" | "delivered" | "again"> = {
  async settle(source, _state, tell) {
    for (const { target, message } of tell("fresh"))
      due.push({ id: message.id, source, target, message, attempts: 1, age: 0 });
    return true;
  },
  take: async () => due.shift() ?? null,
  delivered: async (id) => void delivered.push(id),
  again: async (_id, problem, wait) => void putBack.push({ problem, wait }),
};

const message = (id: string): Notice => ({
  id,
  source: "acme",
  state: "held",
  was: "fresh",
  sentence: "",
  run: null,
  outcome: null,
  at: "",
});
async function makeDue(kind: "webhook" | "email"): Promise<void> {
  const target = (await notices.targetsOf("acme")).find((one) => one.kind === kind)!.id;
  due.push({ id: kind, source: "acme", target, message: message(kind), attempts: 1, age: 0 });
}
const becomes = <T>(ask: () => T, expected: T) =>
  eventually(
    async () => ask(),
    (answer) => answer === expected,
  );

test("it keeps no other from being told by a process that stays, though nothing was due when it began", async () => {
  const ending = new AbortController();
  const serving = notices.serve(ending.signal, 1);
  await makeDue("email");
  await becomes(() => mail.came, 1);
  for (const count of [1, 2, 3]) {
    await makeDue("webhook");
    await becomes(() => receiver.received.length, count);
  }
  take();
  await becomes(() => delivered.includes("email"), true);
  ending.abort();
  await serving;
});

test("it is waited for by nobody, and what it looks through is not sent again", async () => {
  const late = new AbortController();
  const looking = notices.look("acme", late.signal);
  await becomes(() => mail.came + receiver.received.length, 2);
  late.abort();
  await looking;
  expect(delivered.length).toBeLessThan(2);
  take();
  await becomes(() => delivered.length, 2);
  expect([mail.came, putBack]).toEqual([1, []]);
});

test("what the end of the process breaks off is put back with a pause", async () => {
  const late = new AbortController();
  take();
  receiver.answer = () => undefined;
  const looking = notices.look("acme", late.signal);
  await becomes(() => receiver.received.length, 1);
  late.abort();
  await looking;
  await notices.close();
  expect(putBack).toEqual([{ problem: expect.any(String), wait: expect.any(Number) }]);
  expect(putBack[0]!.wait).toBeGreaterThan(5_000);
});

test("a person who tries it out is told that it did not answer", async () => {
  await writeFile(join(home.path, "jobs/acme.yaml"), JOB.replace(/.*webhook.*\n/, ""));
  const problem = "the mail server did not answer within 0.1 s; the mail may still come";
  expect(await notices.test("acme", new AbortController().signal, 100)).toEqual([
    { target: "email", to: "ops@example.com", delivered: false, problem },
  ]);
});
