import { Secret } from "../../../src/domain/secret";
import { HashSeal } from "../../../src/passwords/hash-seal";
import { Pepper } from "../../../src/passwords/pepper";

const BEFORE = new Pepper("what hashes were sealed with before");
const NOW = new Pepper("what hashes are sealed with nowadays");
const HASH = "$2b$05$abcdefghijklmnopqrstuuRWUgMyyCUnsDr8evYotXg5ZXVF/HhzS";
const ADA = { source: "acme", key: "ada" };

const seal = new HashSeal([NOW]);
const { sealed, digest } = seal.seal(ADA, new Secret(HASH));

test("what is sealed opens for the person it is for, and says nothing else", () => {
  expect(seal.open(sealed, ADA)).toBe(HASH);
  expect(sealed).toMatch(new RegExp(`^${NOW.id}\\$sealed\\$[A-Za-z0-9+/=]+$`));
  expect(Buffer.from(sealed.split("$")[2] ?? "", "base64").toString("latin1")).not.toContain("abcdefghij");
});

test.each([
  ["another person", { source: "acme", key: "bob" }],
  ["another source", { source: "other", key: "ada" }],
  ["the same letters in other places", { source: "acm", key: "eada" }],
])("for %s it does not open", (_who, person) => {
  expect(seal.open(sealed, person)).toBeNull();
});

test("one changed bit anywhere, or a part that is missing, and it does not open", () => {
  const at = sealed.lastIndexOf("$") + 1;
  const bytes = Buffer.from(sealed.slice(at), "base64");
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect([bit, seal.open(`${sealed.slice(0, at)}${changed.toString("base64")}`, ADA)]).toEqual([bit, null]);
  }
  for (let length = 0; length < bytes.length; length += 1)
    expect(seal.open(`${sealed.slice(0, at)}${bytes.subarray(0, length).toString("base64")}`, ADA)).toBeNull();
});

test("the digest tells the same hash again, whoever has it; of another hash, source or secret it is another", () => {
  const digestOf = (source: string, key: string, hash: string, by = seal) =>
    by.seal({ source, key }, new Secret(hash)).digest.toString("hex");
  const same = digest.toString("hex");
  expect(digestOf("acme", "ada", HASH)).toBe(same);
  expect(digestOf("acme", "bob", HASH)).toBe(same);
  const others = [
    digestOf("acme", "ada", `${HASH} `),
    digestOf("other", "ada", HASH),
    digestOf("acme", "ada", HASH, new HashSeal([BEFORE])),
  ];
  expect(new Set([same, ...others]).size).toBe(4);
});

test("what was sealed before the secret changed opens as long as the old one is there", () => {
  const old = new HashSeal([BEFORE]).seal(ADA, new Secret(HASH)).sealed;
  expect(new HashSeal([NOW, BEFORE]).open(old, ADA)).toBe(HASH);
  expect(seal.open(old, ADA)).toBeNull();
});

test("who gets another key is sealed for anew", () => {
  const renamed = { source: "acme", key: "u-1" };
  const anew = seal.sealAnew(sealed, ADA, renamed) ?? "";
  expect(seal.open(anew, renamed)).toBe(HASH);
  expect(seal.open(anew, ADA)).toBeNull();
  expect(seal.sealAnew(sealed, renamed, ADA)).toBeNull();
});
