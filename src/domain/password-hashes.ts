/**
 * Hashes of passwords as other systems keep them: what they look like, and what it may cost to check one. Anybody who
 * writes hashes into a customer's system decides how much work a login here is, so all of it is bounded: two seconds or
 * so on a usual core, and 128 MiB.
 */
import type { PasswordFormat } from "./passwords";

type ShaDigest = "sha1" | "sha256" | "sha384" | "sha512";

/** A hash taken apart, as far as checking it needs that. */
export type PasswordHash =
  | { readonly kind: "bcrypt"; readonly text: string }
  | { readonly kind: "argon2"; readonly text: string }
  | Salted<"scrypt", { readonly log2: number; readonly r: number; readonly p: number }>
  | Salted<"pbkdf2", { readonly digest: ShaDigest; readonly iterations: number }>
  | Salted<"salted-sha", { readonly digest: ShaDigest }>
  | { readonly kind: "sha512-crypt"; readonly rounds: number; readonly salt: string; readonly hash: string };

type Salted<Kind extends string, Cost> = Cost & {
  readonly kind: Kind;
  readonly salt: Buffer;
  readonly hash: Buffer;
};

/** A longer text is no hash. */
const LONGEST = 1_024;
const MOST_SALT = 64;

/** 2 to this power. */
const BCRYPT_COST = { least: 4, most: 14 };
/** KiB; KiB over all passes; lanes. */
const ARGON2 = { memory: 131_072, work: 1_048_576, lanes: 16 };
/** Bytes at a time, and over all lanes. */
const SCRYPT = { memory: 2 ** 27, work: 2 ** 29 };
/** Over all blocks of the hash. */
const PBKDF2_ITERATIONS = 5_000_000;
/** What crypt(3) takes at least, and when nothing is said. */
const CRYPT_ROUNDS = { least: 1_000, usual: 5_000, most: 700_000 };

const BYTES: Readonly<Record<ShaDigest, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

/** A schema of LDAP before a hash of crypt(3). */
const CRYPT = /^\{crypt\}/i;
/** How passwords are locked: a sign in front of the hash, or instead of it, which no password has. */
const LOCKED = /^(\{[^}]*\})?\s*([!*]|$)/;

type Read = PasswordHash | "unreadable" | "too-costly";

interface Format {
  /** What its hashes begin with, and those of no other. */
  readonly begins: RegExp;
  readonly read: (text: string) => Read;
}

const FORMATS: Readonly<Record<PasswordFormat, Format>> = {
  bcrypt: { begins: /^(\{crypt\})?\$2[aby]?\$/i, read: readBcrypt },
  argon2: { begins: /^\$argon2(id|i|d)\$/, read: readArgon2 },
  scrypt: { begins: /^\$scrypt\$/, read: readScrypt },
  pbkdf2: { begins: /^\$pbkdf2(-\w+)?\$/, read: readPbkdf2 },
  "django-pbkdf2": { begins: /^pbkdf2_\w+\$/, read: readDjango },
  "ldap-ssha": { begins: /^\{ssha\d*\}/i, read: readSalted },
  "sha512-crypt": { begins: /^(\{crypt\})?\$6\$/i, read: readSha512Crypt },
};

/**
 * Whether a text is a hash that a login can be checked against.
 *
 * @param formats those that the mapping names
 */
export function readPasswordHash(text: string, formats: readonly PasswordFormat[]): Read | "none" | "other-format" {
  const trimmed = text.trim();
  if (trimmed.length > LONGEST) return "unreadable";
  if (LOCKED.test(trimmed)) return "none";
  const format = formats.map((name) => FORMATS[name]).find(({ begins }) => begins.test(trimmed));
  return format === undefined ? "other-format" : format.read(trimmed);
}

/** Characters by which a hash is known; of a long text no more is looked at. */
const LOOKED_AT = 100;

/** Also of systems whose hashes are not taken over. */
const ANY_HASH = new RegExp(
  [
    "^[!*]*(\\{crypt\\})?[!*]*",
    "(\\$(1|2[abxy]?|5|6|7|gy|y|apr1|md5|sha1|argon2\\w*|scrypt|pbkdf2[\\w-]*|bcrypt[\\w-]*)\\$",
    "|(pbkdf2|bcrypt|scrypt|argon2)(_\\w+)?\\$",
    "|\\{(s?sha\\d*|s?md5|pbkdf2[\\w-]*|argon2\\w*|bcrypt)\\})[^\\s]{8,}",
  ].join(""),
  "i",
);

/** Whether a text looks like any system's hash of a password, so that it is kept and shown nowhere. */
export const looksLikePasswordHash = (text: string): boolean => ANY_HASH.test(text.trimStart().slice(0, LOOKED_AT));

function readBcrypt(text: string): Read {
  const hash = text.replace(CRYPT, "");
  const [, cost] = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(hash) ?? [];
  if (cost === undefined || Number(cost) < BCRYPT_COST.least) return "unreadable";
  return Number(cost) > BCRYPT_COST.most ? "too-costly" : { kind: "bcrypt", text: hash };
}

/** https://github.com/P-H-C/phc-string-format, with the version said: without one it would be that of 2015. */
function readArgon2(text: string): Read {
  const [, m, t, p, salt, hash] =
    /^\$argon2(?:id|i|d)\$v=(?:16|19)\$m=([1-9]\d{0,9}),t=([1-9]\d{0,9}),p=([1-9]\d{0,7})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(
      text,
    ) ?? [];
  const [saltBytes, hashBytes] = [bytesOf(salt), bytesOf(hash)];
  const [memory, passes, lanes] = [Number(m), Number(t), Number(p)];
  if (saltBytes === null || hashBytes === null || memory < 8 * lanes) return "unreadable";
  if (saltBytes.length < 8 || saltBytes.length > 48 || hashBytes.length < 12 || hashBytes.length > 64)
    return "unreadable";
  const isCostly = memory > ARGON2.memory || memory * passes > ARGON2.work || lanes > ARGON2.lanes;
  return isCostly ? "too-costly" : { kind: "argon2", text };
}

/** As passlib and others write it; `ln` is the power of two that RFC 7914 calls N. */
function readScrypt(text: string): Read {
  const [, ln, rText, pText, salt, hash] =
    /^\$scrypt\$ln=(\d{1,3}),r=(\d{1,10}),p=(\d{1,10})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(text) ?? [];
  const read = salted(salt, hash);
  const [log2, r, p] = [Number(ln), Number(rText), Number(pText)];
  // RFC 7914: N is less than 2 to the power of 16 r.
  if (read === null || log2 < 1 || r < 1 || p < 1 || log2 >= 16 * r) return "unreadable";
  const memory = 128 * 2 ** log2 * r;
  const isCostly = memory > SCRYPT.memory || memory * p > SCRYPT.work;
  return isCostly ? "too-costly" : { kind: "scrypt", log2, r, p, ...read };
}

/** As passlib writes it, with `.` for `+` and rounds alone, and as a PHC string, with `i=` and perhaps `l=`. */
function readPbkdf2(text: string): Read {
  const [, digest = "sha1", rounds, salt, hash] =
    /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$(?:i=)?(\d{1,10})(?:,l=\d{1,3})?\$([A-Za-z0-9+/.]+)={0,2}\$([A-Za-z0-9+/.]+)={0,2}$/.exec(
      text,
    ) ?? [];
  const read = salted(salt?.replaceAll(".", "+"), hash?.replaceAll(".", "+"));
  return read === null ? "unreadable" : pbkdf2(digest as ShaDigest, Number(rounds), read);
}

/** `pbkdf2_sha256$600000$salt$hash`: the salt is text. */
function readDjango(text: string): Read {
  const [, digest, rounds, salt = "", hash] =
    /^pbkdf2_(sha1|sha256|sha512)\$(\d{1,10})\$([^$]+)\$([A-Za-z0-9+/]+)={0,2}$/.exec(text) ?? [];
  const [saltBytes, hashBytes] = [Buffer.from(salt), bytesOf(hash)];
  if (hashBytes === null || saltBytes.length > MOST_SALT) return "unreadable";
  return pbkdf2(digest as ShaDigest, Number(rounds), { salt: saltBytes, hash: hashBytes });
}

function pbkdf2(digest: ShaDigest, iterations: number, { salt, hash }: { salt: Buffer; hash: Buffer }): Read {
  if (iterations < 1 || hash.length < 16 || hash.length > 64) return "unreadable";
  const blocks = Math.ceil(hash.length / BYTES[digest]);
  return iterations * blocks > PBKDF2_ITERATIONS ? "too-costly" : { kind: "pbkdf2", digest, iterations, salt, hash };
}

const LDAP_DIGESTS: Readonly<Record<string, ShaDigest>> = {
  SSHA: "sha1",
  SSHA256: "sha256",
  SSHA384: "sha384",
  SSHA512: "sha512",
};

/** `{SSHA}` and its like: the digest of password and salt, then the salt. */
function readSalted(text: string): Read {
  const [, scheme = "", both] = /^\{(ssha\d*)\}([A-Za-z0-9+/]+)={0,2}$/i.exec(text) ?? [];
  const [digest, bytes] = [LDAP_DIGESTS[scheme.toUpperCase()], bytesOf(both)];
  if (digest === undefined || bytes === null) return "unreadable";
  const [hash, salt] = [bytes.subarray(0, BYTES[digest]), bytes.subarray(BYTES[digest])];
  if (salt.length === 0 || salt.length > MOST_SALT) return "unreadable";
  return { kind: "salted-sha", digest, salt, hash };
}

/** https://www.akkadia.org/drepper/SHA-crypt.txt */
function readSha512Crypt(text: string): Read {
  const [, told, salt = "", hash] =
    /^\$6\$(?:rounds=(\d{1,10})\$)?([!-#%-~]{0,16})\$([./0-9A-Za-z]{86})$/.exec(text.replace(CRYPT, "")) ?? [];
  if (hash === undefined) return "unreadable";
  const rounds = told === undefined ? CRYPT_ROUNDS.usual : Number(told);
  if (rounds < CRYPT_ROUNDS.least) return "unreadable";
  return rounds > CRYPT_ROUNDS.most ? "too-costly" : { kind: "sha512-crypt", rounds, salt, hash };
}

function salted(salt: string | undefined, hash: string | undefined): { salt: Buffer; hash: Buffer } | null {
  const [saltBytes, hashBytes] = [bytesOf(salt), bytesOf(hash)];
  if (saltBytes === null || hashBytes === null || saltBytes.length > MOST_SALT) return null;
  return hashBytes.length < 16 || hashBytes.length > 64 ? null : { salt: saltBytes, hash: hashBytes };
}

/** Of base64 without its padding; null where nobody would write bytes so. */
function bytesOf(base64: string | undefined): Buffer | null {
  if (base64 === undefined) return null;
  const bytes = Buffer.from(base64, "base64");
  return bytes.toString("base64").replace(/=*$/, "") === base64 ? bytes : null;
}
