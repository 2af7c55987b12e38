import type { Stream } from "../../../src/domain/job";
import type { PasswordCounts } from "../../../src/domain/passwords";
import { passwordNotes, passwordsIn } from "../../../src/sync/passwords";

const stream = (into: string, ...types: string[]) =>
  ({
    name: into,
    into,
    mapping: {
      fields: types.map((type) => (type === "password" ? { type, formats: ["bcrypt", "argon2"] } : { type })),
    },
  }) as unknown as Stream;
const [roles, plain, hashed] = [stream("roles"), stream("users", "text"), stream("users", "text", "password")];

test.each([
  ["read", [roles, hashed], [roles, hashed], []],
  ["read", [roles, hashed], [hashed], [hashed]],
  // Not read, or nothing of it is believed.
  ["as-before", [roles, hashed], [roles], []],
  ["as-before", [roles, plain], [roles, plain], [roles]],
  // The mapping said so before.
  ["undescribed", [roles, plain], [roles, plain], [plain]],
  ["undescribed", [roles], [roles], []],
] as const)("%s: %#", (expected, streams, believed, edited) => {
  expect(passwordsIn({ streams }, believed, edited)).toBe(expected);
});

test("by a stored plan nothing is read", () => {
  expect(passwordsIn({ streams: [roles, hashed] })).toBe("as-before");
});

const counts = (gone: number, other = 0, costly = 0): PasswordCounts => ({
  usable: 5,
  changed: 5,
  none: 3,
  gone,
  unusable: { "other-format": other, unreadable: 0, "too-costly": costly },
});

test("who had one, and whose is not taken over, is told by numbers", () => {
  expect(passwordNotes(counts(0), { streams: [hashed] })).toEqual([]);
  expect(passwordNotes(counts(1, 1200, 1), { streams: [roles, hashed] })).toEqual([
    "the password of 1 person is gone upstream: the mirror no longer lets them in",
    "MAP062  no password was taken over of 1,200 people whose hash is no hash of the format bcrypt or argon2, of 1 person whose hash would cost more to check than a login may",
  ]);
});
