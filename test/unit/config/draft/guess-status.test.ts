import { guessStatus, removedWhen } from "../../../../src/config/draft/guess-status";
import { fieldsOf } from "../../../../src/config/draft/record-fields";
import type { JsonObject } from "../../../../src/domain/json";
import { FLAG, shapeWith, TEXT } from "./api";

const guess = (properties: JsonObject, required: readonly string[] = Object.keys(properties)) => {
  const { from, words } = guessStatus(fieldsOf(shapeWith(properties, required)));
  return { from: from.length === 1 ? from[0] : from, ...words };
};

test.each<[string, JsonObject, unknown]>([
  [
    "listed values",
    { status: { ...TEXT, enum: ["ACTIVE", "LOCKED_OUT", "Terminated", "pending"] } },
    {
      from: "status",
      map: { ACTIVE: "active", LOCKED_OUT: "locked", Terminated: "disabled", pending: "disabled", _: "disabled" },
    },
  ],
  [
    "values that are not listed",
    { state: TEXT },
    { from: "state", map: { active: "active", ACTIVE: "active", enabled: "active", ENABLED: "active", _: "disabled" } },
  ],
  ["a flag that lets in", { active: FLAG }, { from: "active", map: { true: "active", _: "disabled" } }],
  [
    "a flag that keeps out",
    { isForbidden: FLAG },
    { from: "isForbidden", map: { false: "active", true: "disabled", _: "disabled" } },
  ],
  ["a lock", { locked: FLAG }, { from: "locked", map: { false: "active", true: "locked", _: "disabled" } }],
  [
    "two flags",
    { isDeleted: FLAG, blocked: FLAG },
    { from: "blocked or isDeleted", map: { false: "active", _: "disabled" } },
  ],
  [
    "a state, for whom a flag lets in",
    { active: FLAG, status: { ...TEXT, enum: ["on"] } },
    { from: 'active ? status : "disabled"', map: { on: "active", _: "disabled" } },
  ],
  [
    "a state, but for whom a flag keeps out",
    { status: { ...TEXT, enum: ["on"] }, locked: FLAG, banned: FLAG },
    { from: 'banned or locked ? "disabled" : status', map: { on: "active", _: "disabled" } },
  ],
  [
    "a state between flags",
    { Status: { ...TEXT, enum: ["Active"] }, IsLockedOut: FLAG, Enabled: FLAG },
    { from: 'IsLockedOut ? "disabled" : Enabled ? Status : "disabled"', map: { Active: "active", _: "disabled" } },
  ],
  [
    "values that are not listed, but for whom a flag keeps out",
    { state: TEXT, locked: FLAG },
    {
      from: 'locked ? "disabled" : state',
      map: { active: "active", ACTIVE: "active", enabled: "active", ENABLED: "active", _: "disabled" },
    },
  ],
  [
    "a flag that lets in before a text that may be a province",
    { state: TEXT, accountEnabled: FLAG },
    { from: "accountEnabled", map: { true: "active", _: "disabled" } },
  ],
  [
    "a state with values before one without",
    { state: TEXT, userStatus: { ...TEXT, enum: ["on"] } },
    { from: "userStatus", map: { on: "active", _: "disabled" } },
  ],
  [
    "a flag that lets in, but for whom another keeps out",
    { suspended: FLAG, active: FLAG },
    { from: "suspended ? false : active", map: { true: "active", _: "disabled" } },
  ],
  [
    "a flag that lets in, but for whom others keep out",
    { IsActive: FLAG, IsLocked: FLAG, IsDeleted: FLAG },
    { from: "IsDeleted or IsLocked ? false : IsActive", map: { true: "active", _: "disabled" } },
  ],
  [
    "all flags of Spring",
    { enabled: FLAG, accountNonLocked: FLAG, accountNonExpired: FLAG, credentialsNonExpired: FLAG },
    {
      from: "enabled and accountNonLocked and accountNonExpired and credentialsNonExpired",
      map: { true: "active", _: "disabled" },
    },
  ],
  [
    "further in",
    { profile: { type: "object", properties: { active: FLAG }, required: ["active"] } },
    { from: "profile.active", map: { true: "active", _: "disabled" } },
  ],
  ["nothing of somebody else's", { manager: { type: "object", properties: { active: FLAG } } }, { from: '"active"' }],
  ["nothing", { id: TEXT }, { from: '"active"' }],
])("%s", (_, properties, expected) => {
  expect(guess(properties)).toEqual(expected);
});

test("whoever may lack it is out, rather than as before", () => {
  expect(guess({ active: FLAG }, [])).toMatchObject({ default: "disabled" });
  expect(guess({ active: { ...FLAG, nullable: true } })).toMatchObject({ default: "disabled" });
});

test("a person must look where the document leaves it open", () => {
  const sureness = (properties: JsonObject) => guessStatus(fieldsOf(shapeWith(properties))).sureness;
  expect(sureness({})).toBe("guess");
  expect(sureness({ status: TEXT })).toBe("guess");
  expect(sureness({ status: { ...TEXT, enum: ["X", "Y"] } })).toBe("guess");
  expect(sureness({ status: { ...TEXT, enum: ["active", "left"] } })).toBe("likely");
});

test("flags beside what decides are named as absent, and what is not looked at makes it a guess", () => {
  const told = (properties: JsonObject) => {
    const { sureness, comment } = guessStatus(fieldsOf(shapeWith(properties)));
    return [sureness, comment];
  };
  const absent = "a flag that is absent counts as false";
  expect(told({ active: FLAG })).toEqual(["sure", null]);
  expect(told({ active: FLAG, suspended: FLAG })).toEqual(["likely", absent]);
  expect(told({ status: { ...TEXT, enum: ["active"] }, banned: FLAG })).toEqual(["likely", absent]);
  expect(told({ accountEnabled: FLAG, state: TEXT, deletedDateTime: TEXT })).toEqual([
    "guess",
    "not looked at: `state`, `deletedDateTime`; may that keep anybody out?",
  ]);
  expect(told({ status: { ...TEXT, enum: ["active"] }, banned: FLAG, suspended_at: TEXT })).toEqual([
    "guess",
    `${absent}; not looked at: \`suspended_at\`; may that keep anybody out?`,
  ]);
});

test("an ordinary person passes every flag", () => {
  const samples = (properties: JsonObject) =>
    guessStatus(fieldsOf(shapeWith(properties))).reads.map(({ path, sample }) => [path.join("."), sample]);
  expect(samples({ active: FLAG, suspended: FLAG, status: { ...TEXT, enum: ["on"] } })).toEqual([
    ["status", undefined],
    ["active", true],
    ["suspended", false],
  ]);
});

test.each<[string, JsonObject, string | null]>([
  ["one value", { status: { ...TEXT, enum: ["ACTIVE", "DEPROVISIONED"] } }, 'status = "DEPROVISIONED"'],
  ["several", { user_state: { ...TEXT, enum: ["on", "deleted", "purged"] } }, 'user_state in ["deleted", "purged"]'],
  ["none of those listed", { status: { ...TEXT, enum: ["active", "inactive", "terminated"] } }, null],
  ["values that are not listed", { status: TEXT }, null],
  ["nobody who may sign in", { status: { ...TEXT, enum: ["X", "deleted"] } }, null],
  ["a flag", { deleted: FLAG }, null],
])("whose state says that they are gone: %s", (_name, properties, expected) => {
  expect(removedWhen(fieldsOf(shapeWith(properties)))).toBe(expected);
});
