/** What a mapping makes of a password, and who gets to see it: nobody. */
import { inspect } from "node:util";
import { maskOf, withoutPasswords } from "../../../src/app/compile-stream";
import type { Job, Stream } from "../../../src/domain/job";
import type { JsonObject } from "../../../src/domain/json";
import type { MappingSpec } from "../../../src/domain/mapping";
import { compileMapping } from "../../../src/mapping/compile-mapping";
import { runTests } from "../../../src/mapping/mapping-tests/run-tests";
import { versionOf } from "../../../src/mapping/mapping-version";
import { createTraceMask } from "../../../src/mapping/trace/mask-trace";
import { traceRecord } from "../../../src/mapping/trace/trace-record";
import { keptRecord } from "../../../src/sync/read/kept-record";
import { payloadOf } from "../../../src/sync/read/reject-payload";
import { load } from "../config/project-folder";

const HASH = "$2b$10$canary0canary0canary0cuu10cNU3mXRamSUZYs8I8M/Szu..qXq";
const PLAIN = "canary-of-no-format-that-anybody-knows";
const JOB =
  "source: acme\nbaseUrl: https://a.example\nkeepRaw: true\nentities: { users: { get: /x, page: none, deletes: never } }\n";
const mapping = (password: string, tests = "") =>
  `into: users\nkey: id\nlet: { proof: credentials.proof }\nfields:\n  username: login\n  status: { from: state, map: { ON: active, _: disabled } }\n${password}\n${tests}`;

async function jobOf(text: string): Promise<{ job: Job; stream: Stream; spec: MappingSpec }> {
  const { jobs, problems } = await load({ "jobs/acme.yaml": JOB, "mappings/acme/users.yaml": text });
  expect(problems).toEqual([]);
  const [job] = jobs;
  const [stream] = job?.streams ?? [];
  if (job === undefined || stream === undefined) throw new Error("no job");
  return { job, stream, spec: stream.mapping };
}

const BCRYPT = "password: { from: $proof, format: bcrypt }";
const record = (proof: unknown): JsonObject =>
  ({ id: "u1", login: "ada", state: "ON", credentials: { proof, kind: "own" } }) as JsonObject;

async function mapped(text: string, raw: JsonObject) {
  const compiled = compileMapping((await jobOf(text)).spec, { deletes: null });
  const [result] = await compiled.mapPage([raw], null);
  return result;
}

test("a hash is a secret beside the record, not a value of it", async () => {
  const result = await mapped(mapping(BCRYPT), record(` ${HASH}\n`));
  expect(result).toMatchObject({ outcome: "record", values: { username: "ada", status: "active" } });
  const password = result?.outcome === "record" ? result.password : undefined;
  expect(password?.found === "hash" && password.hash.reveal()).toBe(HASH);
  expect(Object.keys(result?.outcome === "record" ? result.values : {})).toEqual(["username", "status"]);
  for (const text of [JSON.stringify(result), inspect(result, { depth: null }), `${password}`])
    expect(text).not.toContain("canary");
});

test.each([
  ["absent", undefined, { found: "none" }],
  ["null", null, { found: "none" }],
  ["blank", "  ", { found: "none" }],
  ["locked", `!${HASH}`, { found: "none" }],
  ["of another format", PLAIN, { found: "unusable", because: "other-format" }],
  ["cut off", HASH.slice(0, -1), { found: "unusable", because: "unreadable" }],
  ["too costly", HASH.replace("10", "31"), { found: "unusable", because: "too-costly" }],
  ["a number", 5, { found: "unusable", because: "unreadable" }],
  ["a list", [HASH, HASH], { found: "unusable", because: "unreadable" }],
  ["an object", { value: HASH }, { found: "unusable", because: "unreadable" }],
])("what is %s rejects nobody", async (_what, proof, expected) => {
  expect(await mapped(mapping(BCRYPT), record(proof))).toMatchObject({ outcome: "record", password: expected });
});

test("an expression that fails rejects nobody either", async () => {
  const text = mapping("password: { from: $number($proof), format: bcrypt }");
  expect(await mapped(text, record(PLAIN))).toMatchObject({ password: { found: "unusable", because: "unreadable" } });
});

test("hashes whose parts stand apart are put together by the mapping", async () => {
  const text = mapping(
    `password: { from: '"$pbkdf2-sha256$" & $string($proof.n) & "$" & $proof.salt & "$" & $proof.hash', format: [bcrypt, pbkdf2] }`,
  );
  const proof = { n: 27500, salt: "c2FsdHNhbHQ=", hash: "FHGPN5bi4TvcGUIZsau4PloDBPz6qsZfvUHuh1EsfXQ=" };
  expect(await mapped(text, record(proof))).toMatchObject({ password: { found: "hash" } });
});

test("a mapping that says nothing of passwords has none", async () => {
  const result = await mapped(mapping(""), record(HASH));
  expect(result).toMatchObject({ outcome: "record" });
  expect("password" in (result ?? {})).toBe(false);
});

describe.each([
  ["a hash", HASH],
  ["what is none", PLAIN],
])("%s is shown to nobody", (_what, proof) => {
  const raw = { ...record(proof), copy: [{ of: HASH }] };

  test("in a trace, masked or not", async () => {
    const { spec } = await jobOf(mapping(`${BCRYPT}\nattributes: { all: credentials, one: $proof }`));
    const trace = await traceRecord(spec, { deletes: null }, raw, null);
    const told = trace.fields.find(({ field }) => field === "password");
    expect(told).toMatchObject({
      sources: [{ value: "(a password hash)", reads: [{ path: "credentials.proof", value: "(a password hash)" }] }],
      value: proof === HASH ? "(a password hash)" : null,
      problem: proof === HASH ? null : { code: "MAP062", reason: "`password` is no hash of the format bcrypt" },
    });
    const mask = createTraceMask(spec, { deletes: null }, (name) => name === "password");
    const reads = trace.fields.flatMap(({ sources }) => sources.flatMap((source) => source.reads));
    for (const shown of [
      told,
      reads,
      mask.record(raw),
      mask.trace(trace).fields.filter(({ field }) => field === "password"),
    ])
      expect(JSON.stringify(shown)).not.toContain("canary");
    expect(JSON.stringify(mask.record(raw))).not.toMatch(/\$2/);
  });

  test("in what is kept of raw records and of rejects", async () => {
    const { job, stream } = await jobOf(mapping(BCRYPT));
    const kept = keptRecord(raw, withoutPasswords(job).keepRaw ?? { redact: [] });
    expect(kept).toEqual({ id: "u1", login: "ada", state: "ON", credentials: { kind: "own" }, copy: [{}] });
    const payload = payloadOf(raw, maskOf(job, stream));
    expect(payload).toContain("ada");
    expect(payload).not.toContain("canary");
  });
});

test("a test says whether there is one", async () => {
  const { spec } = await jobOf(
    mapping(
      BCRYPT,
      `tests:
  - { it: has one, given: { id: a, login: a, state: ON, credentials: { proof: ${HASH} } }, expect: { password: true } }
  - { it: has none, given: { id: a, login: a, state: ON, credentials: { proof: "!" } }, expect: { password: false } }
  - { it: is wrong, given: { id: a, login: a, state: ON, credentials: { proof: x } }, expect: { password: true } }`,
    ),
  );
  const { tests } = await runTests(spec, { deletes: null });
  expect(tests.map(({ passed }) => passed)).toEqual([true, true, false]);
  expect(tests[2]?.differences).toMatchObject([{ field: "password", expected: "(a password hash)", actual: null }]);
});

test("another format or another place is another mapping, so that every record is read again", async () => {
  const fingerprintOf = async (password: string) => {
    const { job, stream } = await jobOf(mapping(password));
    return versionOf(job, stream).fingerprint;
  };
  const all = [
    BCRYPT,
    "password: { from: $proof, format: argon2 }",
    "password: { from: credentials.kind, format: bcrypt }",
    "",
  ];
  expect(new Set(await Promise.all(all.map(fingerprintOf))).size).toBe(all.length);
  expect(await fingerprintOf("password: { from: credentials.proof, format: bcrypt }")).not.toBe("");
});
