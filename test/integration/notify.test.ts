/** Being told: a change of state, once, signed, with what `status` says; over receivers that are slow, broken or away. */
import { createHmac } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type App, openApp } from "../../src/app";
import { eventually } from "../support/eventually";
import { realCommand } from "../support/real-command";
import { type MailServer, type Receiver, startMailServer, startReceiver } from "../support/receiver";
import { JOB, startSyncedWorld, type World } from "../support/world";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLazz";
const NOTIFY = `
notify:
  - { webhook: "\${HOOK}/a-path-that-is-secret", secret: "\${HOOK_SECRET}", allowPrivate: true }
  - { email: [ops@example.com, night@example.com], on: [held, late] }
`;

let world: World;
let receiver: Receiver;
let mail: MailServer;
let app: App;
beforeEach(async () => {
  [receiver, mail] = await Promise.all([startReceiver(), startMailServer()]);
  world = await startSyncedWorld({}, (one) => {
    one.users = Array.from({ length: 40 }, (_, index) => ({
      id: `u${index + 1}`,
      login: `user${index + 1}`,
      state: "on",
      name: `User ${index + 1}`,
      orgs: ["o2"],
      roles: ["r2"],
    }));
  });
  await world.write("jobs/acme.yaml", JOB + NOTIFY);
  app = await open();
});
afterEach(async () => {
  await app.close();
  await Promise.all([world.close(), receiver.close(), mail.close()]);
});

const env = () => ({
  DATABASE_URL: world.databaseUrl,
  UPSTREAM_URL: world.upstream.url,
  HOOK: receiver.url,
  HOOK_SECRET: SECRET,
  SMTP_URL: mail.url,
  SMTP_FROM: "Understudy <understudy@example.com>",
});
const open = () => openApp({ home: world.home, env: env(), logLevel: "error" });

const sync = (one = app, only: string[] | null = null) =>
  one.sync({
    source: "acme",
    only,
    user: null,
    full: false,
    planId: null,
    wait: false,
    trigger: { kind: "cli", by: "test", reason: null },
    onEvent: () => undefined,
    signal: new AbortController().signal,
  });
/** A process that stays, and is the scheduler alone. @returns what ends it */
const runClock = (one: App) => {
  const ending = new AbortController();
  const parts = { clock: true, worker: false, api: false, listens: true };
  const lives = one.operate({ ...parts, host: null, port: 0, signal: ending.signal });
  return async () => {
    ending.abort();
    await lives;
  };
};
const told = () => receiver.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
const states = () => told().map(({ was, state }) => `${was} -> ${state}`);
const waiting = () =>
  world.sql<{ state: string; problem: string }>("select state, problem from sync.notices where state = 'waiting'");
/** To whom mail came, by address. */
const addressed = () => mail.mails.map((text) => /^To: (.*)$/m.exec(text)?.[1]?.trim()).sort();
/** Who waits for another attempt waits no longer. */
const timePasses = () => world.sql("update sync.notices set due_at = now() - interval '1 second'");
const breakUpstream = () => world.upstream.gate(() => ({ status: 500 }));
const mendUpstream = () => world.upstream.gate(() => null);

test("a change of state is told once, signed, in the words of `status`; what stays is not told again", async () => {
  await sync();
  expect(told()).toEqual([]);
  breakUpstream();
  const broken = await sync();
  await sync();
  const [status] = await app.status();
  expect(told()).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: "acme",
      state: "stale",
      was: "fresh",
      run: broken.run,
      outcome: "upstream",
      sentence: expect.stringContaining("`acme` is out of date"),
      at: expect.any(String),
    },
  ]);
  mendUpstream();
  const mended = await sync();
  expect(states()).toEqual(["fresh -> stale", "stale -> fresh"]);
  expect(told()[1]).toMatchObject({ run: mended.run, outcome: "ok" });
  expect((await app.status())[0]!.sentence).toContain(String(told()[1]!.sentence).slice(0, 30));
  expect(status!.state).toBe("stale");
  // The e-mail target wants neither.
  expect(mail.mails).toEqual([]);

  const [{ headers, body, path }] = receiver.received as [(typeof receiver.received)[0]];
  expect(path).toBe("/a-path-that-is-secret");
  const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  expect(headers["webhook-signature"]).toBe(`v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
  expect(headers["webhook-id"]).toBe(told()[0]!.id);
  expect(Math.abs(Number(headers["webhook-timestamp"]) - Date.now() / 1000)).toBeLessThan(600);
});

test("what is held is mailed, and telling it names nobody", async () => {
  await sync();
  world.users = world.users.slice(0, 12);
  // The second witness is another complete run.
  world.upstream.on("/users/{id}", () => ({ status: 404 }));
  const held = await sync();
  expect(held.outcome).toBe("held");
  expect(states()).toEqual(["fresh -> held"]);
  expect(addressed()).toEqual(["night@example.com", "ops@example.com"]);
  for (const text of mail.mails) {
    expect(text).toContain("Subject: [understudy] acme waits for a person");
    expect(text).toMatch(/Message-ID: <[0-9a-f-]{36}@example.com>/i);
  }
  for (const text of [...mail.mails, ...receiver.received.map(({ body }) => body)])
    expect(text).not.toMatch(/user\d|User \d/);
  // A file that somebody breaks keeps nobody from being told.
  await world.write("jobs/acme.yaml", `notify: [\n${JOB}`);
  await app.rejectHold({ run: held.run, trigger: { kind: "cli", by: "me", reason: null } });
  expect(states()).toEqual(["fresh -> held", "held -> fresh"]);
});

test.each([
  [
    "fails",
    (answer: Parameters<Receiver["answer"]>[0]) => void answer.writeHead(500).end(),
    "answered with status 500",
  ],
  [
    "redirects",
    (answer: Parameters<Receiver["answer"]>[0]) =>
      void answer.writeHead(302, { location: "http://169.254.169.254/" }).end(),
    "answered with status 302, and redirects are not followed",
  ],
  ["hangs up", (answer: Parameters<Receiver["answer"]>[0]) => void answer.destroy(), "broke the connection off"],
])("a receiver that %s gets it later, under the same id, from whichever process lives", async (_, answer, problem) => {
  await sync();
  receiver.answer = answer;
  breakUpstream();
  await sync();
  expect(await waiting()).toEqual([{ state: "waiting", problem: expect.stringContaining(problem) }]);
  expect(JSON.stringify(await waiting())).not.toContain("a-path-that-is-secret");
  receiver.answer = (response) => void response.writeHead(200).end("thank you");
  // Not before its time has come.
  await sync();
  expect(receiver.received.length).toBe(1);
  await timePasses();
  const other = await open();
  await sync(other);
  await other.close();
  expect(told().map(({ id }) => id)).toEqual([told()[0]!.id, told()[0]!.id]);
  expect(await waiting()).toEqual([]);
});

test("a receiver that never answers holds nobody up for long", async () => {
  await sync();
  receiver.answer = () => undefined;
  breakUpstream();
  expect(await sync()).toMatchObject({ outcome: "upstream" });
  expect(await waiting()).toEqual([
    { state: "waiting", problem: expect.stringMatching(/longer than 10 s|did not answer/) },
  ]);
}, 60_000);

test("a run of a part that went well does not say that the whole is well again", async () => {
  await sync();
  breakUpstream();
  const { run } = await sync();
  mendUpstream();
  expect(await sync(app, ["roles"])).toMatchObject({ outcome: "ok" });
  expect((await app.status())[0]).toMatchObject({ state: "stale", lastRun: { run } });
  expect(states()).toEqual(["fresh -> stale"]);
  await sync();
  expect(states()).toEqual(["fresh -> stale", "stale -> fresh"]);
});

test("an address that a mail server does not take yet gets its mail later, and no other gets it twice", async () => {
  await sync();
  world.users = world.users.slice(0, 12);
  world.upstream.on("/users/{id}", () => ({ status: 404 }));
  mail.defers = "night@example.com";
  await sync();
  expect(addressed()).toEqual(["ops@example.com"]);
  expect(await waiting()).toEqual([
    { state: "waiting", problem: expect.stringMatching(/did not take the mail \(\w+ 450\)$/) },
  ]);
  mail.defers = null;
  await timePasses();
  await sync();
  expect(addressed()).toEqual(["night@example.com", "ops@example.com"]);
  expect(await waiting()).toEqual([]);
});

test("messages to one receiver come in their order", async () => {
  await sync();
  receiver.answer = (response) => void response.writeHead(503).end();
  breakUpstream();
  await sync();
  mendUpstream();
  await sync();
  expect(receiver.received.length).toBe(1);
  receiver.answer = (response) => void response.writeHead(204).end();
  await timePasses();
  await sync();
  expect(states().slice(1)).toEqual(["fresh -> stale", "stale -> fresh"]);
});

test("who wants no more, and who is no longer named, is given up", async () => {
  await sync();
  receiver.answer = (response) => void response.writeHead(410).end();
  breakUpstream();
  await sync();
  expect(await world.sql("select state from sync.notices")).toEqual([{ state: "given up" }]);
  expect(await app.doctor()).toContainEqual(
    expect.objectContaining({
      name: "notify",
      state: "warning",
      message: "1 message about acme given up in the last 7 days: answered with status 410",
    }),
  );

  receiver.answer = (response) => void response.writeHead(500).end();
  mendUpstream();
  await sync();
  await world.write("jobs/acme.yaml", JOB + NOTIFY.replace("a-path-that-is-secret", "elsewhere"));
  await timePasses();
  await sync();
  expect(await waiting()).toEqual([]);
  expect(await world.sql("select state, problem from sync.notices order by made_at desc limit 1")).toEqual([
    { state: "given up", problem: null },
  ]);
});

test("a process that died before it told leaves it to the next one", async () => {
  await sync();
  breakUpstream();
  // As a run without anybody to tell: its process died right after the commit.
  await world.write("jobs/acme.yaml", JOB);
  await sync();
  await world.write("jobs/acme.yaml", JOB + NOTIFY);
  const other = await open();
  const stop = runClock(other);
  await eventually(
    async () => states(),
    ([state]) => state === "fresh -> stale",
  );
  await stop();
  await other.close();
}, 90_000);

test("a source that is late says so by itself, and that it is well again", async () => {
  await world.write("jobs/acme.yaml", `${JOB}${NOTIFY}schedule: { cron: "0 * * * *", timezone: UTC }\n`);
  await sync();
  await world.sql("update sync.sources set last_complete_at = now() - interval '1 day'");
  const other = await open();
  const stop = runClock(other);
  await eventually(
    async () => states(),
    ([state]) => state === "fresh -> late",
  );
  expect(told()[0]!.sentence).toMatch(/^`acme` has been overdue since .*no complete run for two intervals/);
  await stop();
  await other.close();
  await sync();
  expect(states()).toEqual(["fresh -> late", "late -> fresh"]);
  await eventually(
    async () => mail.mails.length,
    (count) => count === 2,
  );
}, 90_000);

test("a job file that goes while somebody looks is told to those whom it named", async () => {
  await world.write("jobs/acme.yaml", `${JOB}${NOTIFY.replace("on: [held, late]", "on: [retired]")}`);
  await sync();
  await rm(join(world.home, "jobs/acme.yaml"));
  const stop = runClock(app);
  await eventually(
    async () => mail.mails.length,
    (count) => count === 2,
  );
  await stop();
  expect(mail.mails[0]).toMatch(/Subject: \[understudy\] acme .*retired/);
}, 90_000);

test("an address inside is not connected to unless the target says so", async () => {
  await world.write("jobs/acme.yaml", JOB + NOTIFY.replace(", allowPrivate: true", ""));
  await sync();
  breakUpstream();
  await sync();
  expect(receiver.received).toEqual([]);
  expect(await waiting()).toEqual([{ state: "waiting", problem: expect.stringContaining("not public") }]);
});

test("`notify test` tells everybody, and what came of it; doctor tells what is missing", async () => {
  const command = (...words: string[]) => realCommand(world.home, words, { env: env(), together: true });
  const sent = await command("notify", "test", "acme");
  expect(sent.exitCode).toBe(0);
  expect(sent.out).toBe(
    `sent      webhook  ${receiver.url}\nsent      email    ops@example.com\nsent      email    night@example.com\n`,
  );
  expect(told()).toMatchObject([{ state: "test", was: null, source: "acme" }]);
  expect(mail.mails[0]).toContain("Subject: [understudy] acme sends a test");

  // Nobody reads what it says besides, however long that is.
  receiver.answer = (response) => void response.writeHead(200).end("x".repeat(1_000_000));
  mail.defers = "night@example.com";
  const half = await command("notify", "test", "acme");
  expect(half.exitCode).toBe(4);
  expect(half.out).toContain(`sent      webhook  ${receiver.url}\nsent      email    ops@example.com\n`);
  expect(half.out).toMatch(/not sent {2}email {4}night@example.com: .* did not take the mail \(\w+ 450\)\n/);

  mail.refuses = 550;
  receiver.answer = (response) => void response.writeHead(500).end();
  const refused = await command("notify", "test", "acme");
  expect(refused.exitCode).toBe(4);
  expect(refused.out).toContain(`not sent  webhook  ${receiver.url}: answered with status 500\n`);
  expect(refused.out).toMatch(/not sent {2}email .* did not take the mail \(E\w+ 550\)\n/);
  expect(refused.out).not.toMatch(/s3cret|a-path-that-is-secret|whsec/);

  const without = { ...env(), SMTP_URL: "", SMTP_FROM: "" };
  const looked = await realCommand(world.home, ["doctor"], { env: without, together: true });
  expect(looked).toMatchObject({
    exitCode: 3,
    out: expect.stringContaining("mail is to be sent, but no server is named"),
  });
  await world.write("jobs/acme.yaml", JOB);
  const nobody = await command("notify", "test", "acme");
  expect(nobody.exitCode).toBe(2);
  expect(nobody.out).toContain("error[NTF001]: nobody is told about `acme`");
});

test("nobody is told about a source that nobody wants to know of, and that costs nothing", async () => {
  await world.write("jobs/acme.yaml", JOB);
  breakUpstream();
  await sync();
  expect(await world.sql("select from sync.told_states")).toEqual([]);
});
