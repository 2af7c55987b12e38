/** Hashes of other systems, made by other programs than this one: which of them is told by each. */
import { readPasswordHash } from "../../../src/domain/password-hashes";
import type { PasswordFormat } from "../../../src/domain/passwords";
import { checkForeign } from "../../../src/passwords/check-foreign";

const VECTORS: readonly (readonly [PasswordFormat, string, string, string])[] = [
  [
    "bcrypt",
    "python bcrypt",
    "correct horse battery staple",
    "$2b$06$abcdefghijklmnopqrstuu10cNU3mXRamSUZYs8I8M/Szu..qXq5K",
  ],
  ["bcrypt", "python bcrypt", "grüß dich 🐎", "$2b$05$zzzzzzzzzzzzzzzzzzzzzuGjHhOMpfoM4zmAJRPX1NVr8apmxCIzq"],
  [
    "bcrypt",
    "python bcrypt",
    "correct horse battery staple",
    "$2y$05$012345678901234567890u8lNjrPAUs3hMnoVQjs.CmEsYh1ZG7we",
  ],
  [
    "argon2",
    "argon2-cffi",
    "correct horse battery staple",
    "$argon2id$v=19$m=1024,t=2,p=2$c2FsdHNhbHRzYWx0c2FsdA$B7Lg7r4dPLYXx4DapqyQk7Mm1CJqwWvQAok8GA1r6Tc",
  ],
  [
    "argon2",
    "argon2-cffi",
    "correct horse battery staple",
    "$argon2i$v=19$m=1024,t=2,p=2$c2FsdHNhbHRzYWx0c2FsdA$75+vKp6hWhdeiQfq0S31+O+Zfdgu25hZm2d4cO8f/Yw",
  ],
  [
    "argon2",
    "argon2-cffi",
    "correct horse battery staple",
    "$argon2d$v=19$m=1024,t=2,p=2$c2FsdHNhbHRzYWx0c2FsdA$uGFbob4jMdcGie2KQxDW/VU/zNjgk1v7YqUvcWUbbjU",
  ],
  [
    "argon2",
    "argon2-cffi",
    "grüß dich 🐎",
    "$argon2id$v=19$m=1024,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$yq5kqAl232pvfMw2CtR6+FA33EYMCHJklqzP7ig4pNk",
  ],
  [
    "argon2",
    "argon2-cffi",
    "correct horse battery staple",
    "$argon2i$v=16$m=1024,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$5swYc1+45Y5R97JBtaEcsgkTxBtFC4uCW002Gy6sHXk",
  ],
  [
    "scrypt",
    "passlib",
    "correct horse battery staple",
    "$scrypt$ln=10,r=8,p=2$c29kaXVtIGNobG9yaWRlIQ$QL0UugQ+OWtlGVQFmX+WGZ9cKbepKuyoH+Y/HXcUBZ8",
  ],
  ["scrypt", "passlib", "grüß dich 🐎", "$scrypt$ln=8,r=8,p=1$//79/CE$l2GoUx93x5cIL0GbfJXpma7abZLkWzMeHwxox/NxX8A"],
  [
    "scrypt",
    "RFC 7914",
    "pleaseletmein",
    "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
  ],
  [
    "pbkdf2",
    "passlib",
    "correct horse battery staple",
    "$pbkdf2-sha256$1000$//79c2FsdA$pd0rOjk9rTjhseBi8wJjXIG2ywn4m4LCTO38zg7kNZ8",
  ],
  [
    "pbkdf2",
    "passlib",
    "grüß dich 🐎",
    "$pbkdf2-sha512$1000$c2FsdHkgc2FsdA$.irh/IuThpcSvT8pvifemLCZoEM6.YbDHsnjb0XWmAo3n27JN/r56LJxHfBOAzc.RxB59uPb4YF.SPAqTd8LQg",
  ],
  ["pbkdf2", "passlib", "correct horse battery staple", "$pbkdf2$1000$c2FsdHkgc2FsdA$qVQOTXkqdUq9yR8b4F7tqbtNaDo"],
  [
    "pbkdf2",
    "hashlib",
    "correct horse battery staple",
    "$pbkdf2-sha256$i=2000,l=32$c2FsdHNhbHT77w$FHGPN5bi4TvcGUIZsau4PloDBPz6qsZfvUHuh1EsfXQ",
  ],
  [
    "pbkdf2",
    "hashlib",
    "correct horse battery staple",
    "$pbkdf2-sha512$i=2000$c2FsdHNhbHQ=$XHNeE0ToPTbXj1EdZ9EFv/7OJFie3eUPOyxgl1u143fP3VU4TmQGqjbhURdpJYi7/YH2XNpt9gkPCBgA+O/yNw==",
  ],
  [
    "django-pbkdf2",
    "passlib",
    "correct horse battery staple",
    "pbkdf2_sha256$1000$bV3pVb0rlk7s$gZQyT5QBlU9gAL3QxuZyv6myBH4UfAK9DD9erKRDvbQ=",
  ],
  ["django-pbkdf2", "passlib", "grüß dich 🐎", "pbkdf2_sha1$1000$bV3pVb0rlk7s$z8z85S4/vGOoPzTNlIkby7y08Go="],
  ["ldap-ssha", "passlib", "correct horse battery staple", "{SSHA}83AUQ9Z7UHXNvN8rOSMIrE0xflk4Ynl0ZXMhIQ=="],
  [
    "ldap-ssha",
    "passlib",
    "correct horse battery staple",
    "{SSHA256}9ZPAEF4qbyYSCiLzVLJD+sy1myYK9T+D8pWNw4r/oUg4Ynl0ZXMhIQ==",
  ],
  [
    "ldap-ssha",
    "passlib",
    "grüß dich 🐎",
    "{SSHA512}IktRSUHIymU41xNzWG1JTzY7YHJV3WbgfO193KoY7+kP5k7QpoAis7lhqqlB170B3R4r/t38kB6WJFGQIO2DPDE2IGJ5dGVzIG9mIHNhbHQ=",
  ],
  [
    "ldap-ssha",
    "hashlib",
    "correct horse battery staple",
    "{SSHA384}vmuvRUr+A241L1zNAmoddenV2IkHyn+ifNQHPHCsRl1Xr8lzjlCIXr5PRpPA2gPFMTIzNDU=",
  ],
  [
    "sha512-crypt",
    "openssl passwd -6",
    "correct horse battery staple",
    "$6$saltsalt$CPgxBHZBXfhC6lX1yxpdEsbQfXmg3WXVj8AoVwyNFLfb5AtbfM8k6A8yehv1z6sgzoH/DUIs7YK9hVnGhTjhW/",
  ],
  [
    "sha512-crypt",
    "openssl passwd -6",
    "grüß dich 🐎",
    "$6$./az09AZ$FERDTd0p.Mech3GJTBa8UyTKxHAqziYjF.Yr5y360CzzT4/v37iXkEt2YgBZI1SSYnukQx.UTkxrncqajdEpt1",
  ],
  [
    "sha512-crypt",
    "passlib",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "$6$rounds=1001$0123456789abcdef$5rrrC12uHXuX6HGUM0oWmH/HveRa5w8J7ZPayTzENQdNjGrwRt0geyB//6TkSe1KBOEOm/JL0lfOuMzyBwC95.",
  ],
  [
    "sha512-crypt",
    "crypt(3)",
    "",
    "$6$rounds=1000$a$q/ZSdy9IBSzcpbaIjdRTOu569QiYiP4n7Ab08Oq1Ir6J.GD1xR3BAwRIYHnavtE1Wzodknd9BxknlHhFBP/az1",
  ],
  [
    "sha512-crypt",
    "crypt(3)",
    "correct horse battery staple",
    "{CRYPT}$6$saltsaltsalt$ST/mWEmUvGaF8bR7RgZUdh5cwHaiiTTLMzdmz6VYMGgVtDKO8Huz6GcoOtpj0X0zfFtfnn1aYJnZLSFBw4K2p0",
  ],
  [
    "bcrypt",
    "crypt(3)",
    "correct horse battery staple",
    "{crypt}$2b$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
  ],
  // The test vectors of crypt_blowfish.
  ["bcrypt", "Openwall", "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
  ["bcrypt", "Openwall", "U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"],
  ["bcrypt", "Openwall", "U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"],
  // https://www.akkadia.org/drepper/SHA-crypt.txt
  [
    "sha512-crypt",
    "Drepper",
    "Hello world!",
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
  ],
  [
    "sha512-crypt",
    "Drepper",
    "Hello world!",
    "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
  ],
];

test.each(VECTORS)("%s by %s: of %j", async (format, _tool, password, hash) => {
  expect(typeof readPasswordHash(hash, [format])).toBe("object");
  expect(await checkForeign(hash, password)).toBe("right");
  for (const other of [`${password} `, password.slice(0, -1) || "x", `x${password}`])
    expect([other, await checkForeign(hash, other)]).toEqual([other, "wrong"]);
});

describe("bcrypt reads 72 bytes and nothing behind a NUL, and nobody gets in by that", () => {
  const whole = `${"0123456789".repeat(7)}01`;
  const ofWhole = "$2b$05$abcdefghijklmnopqrstuuLkMZtUsVwf9Ptg/wgiNv8ZhtnAHnix.";

  test("72 bytes are all of a password", async () => {
    expect(await checkForeign(ofWhole, whole)).toBe("right");
  });

  test.each([`${whole}2`, `${whole}extra`, `${whole.slice(0, 71)}ä`, `${whole}${"a".repeat(952)}`])(
    "%j is longer",
    async (password) => {
      expect(await checkForeign(ofWhole, password)).toBe("wrong");
    },
  );

  test("what stands behind a NUL counts", async () => {
    const ofAbc = "$2b$05$abcdefghijklmnopqrstuuRWUgMyyCUnsDr8evYotXg5ZXVF/HhzS";
    expect(await checkForeign(ofAbc, "abc")).toBe("right");
    for (const password of ["abc\0", "abc\0def"]) expect(await checkForeign(ofAbc, password)).toBe("wrong");
  });
});

test("every byte of 1,024 counts with all others", async () => {
  const [sha = ["", "", "", ""]] = VECTORS.filter(([format]) => format === "sha512-crypt");
  for (const hash of [sha[3], ...VECTORS.filter(([format]) => format === "ldap-ssha").map(([, , , one]) => one)])
    expect(await checkForeign(hash, "a".repeat(1024))).toBe("wrong");
});

test.each(["", "x", "!", "$2b$31$abcdefghijklmnopqrstuuRWUgMyyCUnsDr8evYotXg5ZXVF/HhzS", "$1$salt$hash"])(
  "%j is no hash that anything is compared with",
  async (text) => {
    expect(await checkForeign(text, "x")).toBe("unreadable");
  },
);

test("several at once do not hold up this thread", async () => {
  let turns = 0;
  const turning = setInterval(() => {
    turns += 1;
  }, 1);
  const [, , password, hash] = VECTORS[0] ?? ["", "", "", ""];
  expect(await Promise.all([1, 2, 3].map(() => checkForeign(hash, password)))).toEqual(["right", "right", "right"]);
  clearInterval(turning);
  expect(turns).toBeGreaterThan(1);
});
