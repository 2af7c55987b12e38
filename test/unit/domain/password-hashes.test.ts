import { looksLikePasswordHash, readPasswordHash } from "../../../src/domain/password-hashes";
import { PASSWORD_FORMATS, type PasswordFormat } from "../../../src/domain/passwords";

const B53 = "abcdefghijklmnopqrstuu10cNU3mXRamSUZYs8I8M/Szu..qXq5K";
const SALT = "c2FsdHNhbHRzYWx0c2FsdA";
const HASH = "B7Lg7r4dPLYXx4DapqyQk7Mm1CJqwWvQAok8GA1r6Tc";
const CRYPT86 = `${"A".repeat(85)}.`;

const told = (text: string, formats: readonly PasswordFormat[] = PASSWORD_FORMATS): string => {
  const read = readPasswordHash(text, formats);
  return typeof read === "string" ? read : read.kind;
};

describe("what a login may cost bounds what is taken over", () => {
  test.each([
    [`$2b$04$${B53}`, "bcrypt"],
    [`$2b$14$${B53}`, "bcrypt"],
    [`$2b$15$${B53}`, "too-costly"],
    [`$2b$31$${B53}`, "too-costly"],
    [`$2b$99$${B53}`, "too-costly"],
    [`$2b$03$${B53}`, "unreadable"],
    [`$argon2id$v=19$m=131072,t=8,p=16$${SALT}$${HASH}`, "argon2"],
    [`$argon2id$v=19$m=131073,t=1,p=1$${SALT}$${HASH}`, "too-costly"],
    [`$argon2id$v=19$m=4194304,t=1,p=1$${SALT}$${HASH}`, "too-costly"],
    [`$argon2id$v=19$m=131072,t=9,p=1$${SALT}$${HASH}`, "too-costly"],
    [`$argon2id$v=19$m=1024,t=4294967295,p=1$${SALT}$${HASH}`, "too-costly"],
    [`$argon2id$v=19$m=1024,t=1,p=17$${SALT}$${HASH}`, "too-costly"],
    [`$scrypt$ln=17,r=8,p=4$${SALT}$${HASH}`, "scrypt"],
    [`$scrypt$ln=17,r=8,p=5$${SALT}$${HASH}`, "too-costly"],
    [`$scrypt$ln=18,r=8,p=1$${SALT}$${HASH}`, "too-costly"],
    [`$scrypt$ln=255,r=100,p=1$${SALT}$${HASH}`, "too-costly"],
    [`$scrypt$ln=1,r=1073741823,p=1$${SALT}$${HASH}`, "too-costly"],
    [`$pbkdf2-sha256$5000000$${SALT}$${HASH}`, "pbkdf2"],
    [`$pbkdf2-sha256$5000001$${SALT}$${HASH}`, "too-costly"],
    [`$pbkdf2-sha256$i=400000000$${SALT}$${HASH}`, "too-costly"],
    // Two blocks of SHA-1 are twice the work.
    [`$pbkdf2$2500001$${SALT}$${HASH}`, "too-costly"],
    [`pbkdf2_sha256$5000001$salt$${HASH}=`, "too-costly"],
    [`$6$rounds=700000$salt$${CRYPT86}`, "sha512-crypt"],
    [`$6$rounds=700001$salt$${CRYPT86}`, "too-costly"],
    [`$6$rounds=999999999$salt$${CRYPT86}`, "too-costly"],
    [`$6$rounds=999$salt$${CRYPT86}`, "unreadable"],
  ])("%s", (text, expected) => {
    expect(told(text)).toBe(expected);
  });
});

test.each([
  "",
  " ",
  "!",
  "*",
  "!!",
  "*LK*",
  `!$6$salt$${CRYPT86}`,
  "{CRYPT}!",
  "{CRYPT}*",
  `{crypt}!$6$salt$${CRYPT86}`,
  "{SSHA}",
  "{SSHA}!x",
])("%j is a password that nobody has", (text) => {
  expect(told(text)).toBe("none");
});

test.each([
  ["$2b$10$short", "unreadable"],
  [`$2x$10$${B53}`, "other-format"],
  [`$2b$10$${B53}x`, "unreadable"],
  [`$2b$10$${B53}\0`, "unreadable"],
  [`$argon2id$m=1024,t=1,p=1$${SALT}$${HASH}`, "unreadable"],
  [`$argon2id$v=19$m=0,t=1,p=1$${SALT}$${HASH}`, "unreadable"],
  [`$argon2id$v=19$m=1024,t=0,p=1$${SALT}$${HASH}`, "unreadable"],
  [`$argon2id$v=19$m=1024,t=1,p=0$${SALT}$${HASH}`, "unreadable"],
  [`$argon2id$v=19$m=1024,t=1,p=1$c2Fs$${HASH}`, "unreadable"],
  [`$argon2id$v=19$m=01024,t=1,p=1$${SALT}$${HASH}`, "unreadable"],
  // Bits that stand for no byte.
  [`$argon2id$v=19$m=1024,t=1,p=1$${SALT.slice(0, -1)}B$${HASH}`, "unreadable"],
  [`$argon2id$v=19$m=1024,t=1,p=1$${SALT}$`, "unreadable"],
  [`$scrypt$ln=0,r=8,p=1$${SALT}$${HASH}`, "unreadable"],
  [`$scrypt$ln=4,r=0,p=1$${SALT}$${HASH}`, "unreadable"],
  [`$scrypt$ln=4,r=8,p=0$${SALT}$${HASH}`, "unreadable"],
  [`$scrypt$ln=4,r=8,p=1$${SALT}$AAAA`, "unreadable"],
  [`$scrypt$ln=16,r=1,p=1$${SALT}$${HASH}`, "unreadable"],
  [`$pbkdf2-sha256$0$${SALT}$${HASH}`, "unreadable"],
  [`$pbkdf2-md5$1000$${SALT}$${HASH}`, "unreadable"],
  [`$pbkdf2-sha256$1000$${SALT}$A`, "unreadable"],
  ["{SSHA}AAAA", "unreadable"],
  // The digest alone: no salt.
  ["{SSHA}qqqqqqqqqqqqqqqqqqqqqqqqqqo=", "unreadable"],
  ["{SSHA224}qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", "unreadable"],
  [`$6$seventeen-letters$${CRYPT86}`, "unreadable"],
  ["$6$salt$short", "unreadable"],
  ["{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "other-format"],
  ["{MD5}X03MO1qnZdYdgyfeuILPmQ==", "other-format"],
  ["$1$salt$qJH7.N4xYta3aEG/dfqo/0", "other-format"],
  ["5f4dcc3b5aa765d61d8327deb882cf99", "other-format"],
  ["secret", "other-format"],
  ["x".repeat(1025), "unreadable"],
])("%j is no hash to check a password by: %s", (text, expected) => {
  expect(told(text)).toBe(expected);
});

test("only the formats that the mapping names are taken over", () => {
  const hash = `$2b$10$${B53}`;
  expect(told(hash, ["argon2", "bcrypt"])).toBe("bcrypt");
  expect(told(hash, ["argon2", "pbkdf2", "scrypt", "django-pbkdf2", "ldap-ssha", "sha512-crypt"])).toBe("other-format");
  expect(told(hash, [])).toBe("other-format");
  expect(told("!", [])).toBe("none");
});

test("every hash, also of formats that are not taken over, is known for one when it is shown or kept", () => {
  const hashes = [
    ...[
      `$2b$10$${B53}`,
      `{CRYPT}$2b$10$${B53}`,
      `!$6$salt$${CRYPT86}`,
      "{SSHA}83AUQ9Z7UHXNvN8rOSMIrE0xflk4Ynl0ZXMhIQ==",
    ],
    ...["$1$salt$qJH7.N4xYta3aEG/dfqo/0", "{MD5}X03MO1qnZdYdgyfeuILPmQ==", "$apr1$salt$qJH7.N4xYta3aEG/dfqo/0"],
    ...[`pbkdf2_sha256$1000$salt$${HASH}=`, "bcrypt_sha256$$2b$12$abc", `$pbkdf2-sha256$i=1$${SALT}$${HASH}`],
    ...[`$argon2id$v=19$m=1024,t=1,p=1$${SALT}$${HASH}`, `$y$j9T$${SALT}$${HASH}`],
  ];
  for (const hash of hashes) expect([hash, looksLikePasswordHash(hash)]).toEqual([hash, true]);
  const others = [
    "$100",
    "$2 off",
    "Ada Lovelace",
    "{id}/profile/pictures/large",
    "cost: $2a$",
    "a$6$b",
    "",
    "bcrypt",
    "{crypt}",
  ];
  for (const text of others) expect([text, looksLikePasswordHash(text)]).toEqual([text, false]);
});

test("a text of any length is looked at in no time", () => {
  for (const letter of ["!", "*", " ", "$", "{", "a"]) {
    const long = letter.repeat(5_000_000);
    expect(looksLikePasswordHash(long)).toBe(false);
    expect(["none", "unreadable"]).toContain(told(long));
  }
});
