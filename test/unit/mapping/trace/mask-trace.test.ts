import type { JsonObject } from "../../../../src/domain/json";
import { leavingOut } from "../../../../src/domain/trace";
import { createTraceMask } from "../../../../src/mapping/trace/mask-trace";
import { traceRecord } from "../../../../src/mapping/trace/trace-record";
import { mappingSpec, type ShortSpec } from "../mapping-spec";

const SPEC: ShortSpec = {
  skip: "state = 'STAGED'",
  let: { address: "$lowercase(profile.email)" },
  fields: {
    username: "login",
    status: { from: "state", map: { ON: "active", _: "disabled" } },
    email: { from: ["$address", "mail"] },
    phone: { from: "phones[kind = 'work'].number" },
    roles: "roles.id",
  },
  attributes: { profile: "profile", secret: "nested.secret" },
};
const PERSONAL = new Set(["email", "phone", "attributes.secret"]);
const isPersonal = (label: string): boolean => PERSONAL.has(label);

const RECORD: JsonObject = {
  id: "u1",
  login: "ada",
  state: "ON",
  roles: [{ id: "r1", granted: "by Grace Hopper" }],
  mail: "a@b.example",
  profile: { email: "Ada.Weber@corp.example", city: "Turin" },
  phones: [{ kind: "work", number: "+39 011 7" }],
  nested: { secret: { token: "canary", list: ["canary"] } },
  "grace@corp.example": true,
  salary: 71_000,
  vip: false,
  manager: null,
  born: { in: "Canary Wharf" },
};

const spec = mappingSpec(SPEC);
const mask = createTraceMask(spec, { deletes: null }, isPersonal);
const masked = async (record: JsonObject = RECORD) =>
  mask.trace(await traceRecord(spec, { deletes: null }, record, null));

test("in the record: what personal fields read, and what no field reads", () => {
  expect(mask.record(RECORD)).toEqual({
    id: "u1",
    login: "ada",
    state: "ON",
    roles: [{ id: "r1", granted: "b… G… H…" }],
    mail: "a…@b….e…",
    profile: { email: "A….W…@c….e…", city: "Turin" },
    phones: [{ kind: "w…", number: "+3… 0… 7…" }],
    nested: { secret: { token: "c…", list: ["c…"] } },
    "g…@c….e…": true,
    salary: "…",
    vip: false,
    manager: null,
    born: { in: "C… W…" },
  });
});

test("in the trace: values, sources and what was read, wherever it was read from", async () => {
  const { fields, result } = await masked();
  const byName = Object.fromEntries(fields.map((field) => [field.field, field]));
  expect(byName.username).toMatchObject({ value: "ada", sources: [{ value: "ada", reads: [{ value: "ada" }] }] });
  expect(byName.email).toMatchObject({
    value: "a….w…@c….e…",
    sources: [
      { value: "a….w…@c….e…", reads: [{ path: "profile.email", value: "A….W…@c….e…" }] },
      { value: "a…@b….e…", reads: [{ path: "mail", value: "a…@b….e…" }] },
    ],
  });
  expect(byName["attributes.profile"]?.sources[0]?.reads).toEqual([
    { path: "profile", found: true, value: { email: "A….W…@c….e…", city: "Turin" } },
  ]);
  expect(result).toMatchObject({ values: { email: "a….w…@c….e…", username: "ada" } });
  expect(JSON.stringify(byName["attributes.secret"])).not.toContain("canary");
});

test("nothing of a personal field is told, whatever became of the record", async () => {
  for (const parts of [{}, { state: "STAGED" }, { id: null }, { login: null }, { profile: "Ada.Weber@corp.example" }]) {
    const told = JSON.stringify([await masked({ ...RECORD, ...parts }), mask.record({ ...RECORD, ...parts })]);
    for (const canary of ["+39", "canary", "Hopper", "Wharf", "71000", "grace@", "a@b"])
      expect(told).not.toContain(canary);
  }
});

test.each([["text"], [["a"]], [null], [7]])("a record that is %j is masked as well", (record) => {
  expect(JSON.stringify(mask.record(record))).not.toMatch(/text|"a"|7/);
});

test("through a `map` too", async () => {
  const mapped = mappingSpec({
    ...SPEC,
    fields: { ...SPEC.fields, email: { from: "mail", map: { "a@b.example": "c@d.example" } } },
  });
  const trace = await traceRecord(mapped, { deletes: null }, RECORD, null);
  const told = createTraceMask(mapped, { deletes: null }, isPersonal).trace(trace);
  expect(JSON.stringify(told.fields.find(({ field }) => field === "email"))).not.toMatch(/a@b|c@d/);
});

test("in the trace: a field that is not marked, where it repeats what a personal one reads", async () => {
  const shared = mappingSpec({
    fields: { username: "mail", status: { from: "mail", map: { _: "active" } }, email: "mail", title: "job" },
    attributes: { profile: "profile", address: "profile.email" },
  });
  const personal = createTraceMask(
    shared,
    { deletes: null },
    (label) => label === "email" || label === "attributes.address",
  );
  const trace = await traceRecord(shared, { deletes: null }, { ...RECORD, job: "Cook" }, null);
  const { fields, result, decisions } = personal.trace(trace);
  expect(Object.fromEntries(fields.map(({ field, value }) => [field, value]))).toEqual({
    username: "a…@b….e…",
    status: "active",
    email: "a…@b….e…",
    title: "Cook",
    "attributes.profile": { email: "A….W…@c….e…", city: "T…" },
    "attributes.address": "A….W…@c….e…",
  });
  expect(result).toMatchObject({ values: { username: "a…@b….e…", status: "active", title: "Cook" } });
  expect(JSON.stringify({ fields, result })).not.toMatch(/a@b|Ada/);
  expect(decisions.map(({ field, value }) => [field, value])).toEqual([["key", "u1"]]);
});

test("in the trace: whether a record is removed, not what a personal field reads there", async () => {
  const options = { deletes: "vip", removed: ["mail"] };
  const told = createTraceMask(spec, options, isPersonal).trace(await traceRecord(spec, options, RECORD, null));
  expect(leavingOut(told)).toBe("removed");
  expect(JSON.stringify(told)).not.toContain("a@b");
});
