import { guessStatus } from "../../../../src/config/draft/guess-status";
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
    "a state before a flag",
    { active: FLAG, status: { ...TEXT, enum: ["on"] } },
    { from: "status", map: { on: "active", _: "disabled" } },
  ],
  [
    "a flag that lets in before one that keeps out",
    { deleted: FLAG, enabled: FLAG },
    { from: "enabled", map: { true: "active", _: "disabled" } },
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
