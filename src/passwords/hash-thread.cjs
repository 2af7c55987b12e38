/**
 * A thread for hashes that Node and its libraries work out in JavaScript: bcrypt, and the SHA-512 of crypt(3). It is given
 * `{ kind, ... , password }` and answers with whether the password is the hash's.
 */
const { createHash, timingSafeEqual } = require("node:crypto");
const { parentPort } = require("node:worker_threads");
const { compareSync } = require("bcryptjs");

/** In the order in which crypt(3) writes the bytes of a SHA-512, three at a time. */
const ORDER = Array.from({ length: 21 }, (_, index) =>
  [
    [0, 21, 42],
    [21, 42, 0],
    [42, 0, 21],
  ][index % 3].map((from) => from + index),
);
const DIGITS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const sha512 = (...parts) => {
  const hash = createHash("sha512");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The digest over and over, up to a length. */
const stretched = (digest, length) => Buffer.alloc(length, digest);

/** https://www.akkadia.org/drepper/SHA-crypt.txt, whose steps are numbered as here. */
function sha512Crypt(password, salt, rounds) {
  // 4 to 8
  const b = sha512(password, salt, password);
  // 1 to 3, 9 to 12
  const bits = [];
  for (let left = password.length; left > 0; left >>= 1) bits.push(left & 1 ? b : password);
  let digest = sha512(password, salt, stretched(b, password.length), ...bits);
  // 13 to 20
  const p = stretched(sha512(...Array(password.length).fill(password)), password.length);
  const s = stretched(sha512(...Array(16 + digest[0]).fill(salt)), salt.length);
  // 21
  for (let round = 0; round < rounds; round += 1)
    digest = sha512(
      ...[round & 1 ? p : digest, round % 3 === 0 ? "" : s],
      ...[round % 7 === 0 ? "" : p, round & 1 ? digest : p],
    );
  // 22
  let text = "";
  const write = (value, digits) => {
    for (let digit = 0; digit < digits; digit += 1) text += DIGITS[(value >> (6 * digit)) & 63];
  };
  for (const [high, middle, low] of ORDER) write((digest[high] << 16) | (digest[middle] << 8) | digest[low], 4);
  write(digest[63], 2);
  return text;
}

function isRight({ kind, password, ...hash }) {
  if (kind === "bcrypt") return compareSync(password, hash.text);
  const made = sha512Crypt(Buffer.from(password), Buffer.from(hash.salt), hash.rounds);
  return timingSafeEqual(Buffer.from(made), Buffer.from(hash.hash));
}

parentPort.on("message", (asked) => parentPort.postMessage(isRight(asked)));
