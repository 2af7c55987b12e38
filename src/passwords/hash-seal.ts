import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { joinedBytes } from "../domain/joined-bytes";
import type { Secret } from "../domain/secret";
import type { Pepper } from "./pepper";

/** Whose password it is. */
interface Person {
  readonly source: string;
  readonly key: string;
}

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Stands between the pepper's id and what was sealed with it. */
const MARK = "$sealed$";

/**
 * Hashes of customers' systems, encrypted: they cannot be bound to the pepper and to a person as ours are, for they are
 * made already. Sealed with a key that is derived from the pepper, for one person of one source, they say nothing to
 * somebody who has the database alone, and put into the row of somebody else they open for nobody.
 */
export class HashSeal {
  readonly #peppers: readonly Pepper[];
  readonly #sealing: Pepper;
  readonly #digestKey: Buffer;

  /** @param peppers sealed with the first; what the others sealed is read */
  constructor(peppers: readonly [Pepper, ...Pepper[]]) {
    this.#peppers = peppers;
    [this.#sealing] = peppers;
    this.#digestKey = this.#sealing.derive("imported password digests");
  }

  /** Tells secrets apart. */
  get id(): string {
    return this.#sealing.id;
  }

  /** `digest` is the same for the same hash of a source, no matter which person it is sealed for. */
  seal(person: Person, hash: Secret): { readonly sealed: string; readonly digest: Buffer } {
    const text = hash.reveal();
    const digest = createHmac("sha256", this.#digestKey).update(joinedBytes(person.source, text)).digest();
    return { sealed: this.#encrypt(person, text), digest };
  }

  /** Null where it was sealed for somebody else, or with a pepper that is not there. */
  open(sealed: string, { source, key }: Person): string | null {
    const pepper = this.#peppers.find(({ id }) => sealed.startsWith(`${id}${MARK}`));
    if (pepper === undefined) return null;
    const bytes = Buffer.from(sealed.slice(pepper.id.length + MARK.length), "base64");
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return null;
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(CIPHER, keyOf(pepper), nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(joinedBytes(source, key)).setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const encrypted = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString();
    } catch {
      return null;
    }
  }

  /** For the same person, who has another key now; null where `open` gives null. */
  sealAnew(sealed: string, from: Person, to: Person): string | null {
    const text = this.open(sealed, from);
    return text === null ? null : this.#encrypt(to, text);
  }

  #encrypt({ source, key }: Person, text: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, keyOf(this.#sealing), nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(joinedBytes(source, key));
    const encrypted = Buffer.concat([cipher.update(text), cipher.final()]);
    const bytes = Buffer.concat([nonce, encrypted, cipher.getAuthTag()]);
    return `${this.#sealing.id}${MARK}${bytes.toString("base64")}`;
  }
}

export const isSealed = (hash: string): boolean => hash.includes(MARK);

const keys = new WeakMap<Pepper, Buffer>();

function keyOf(pepper: Pepper): Buffer {
  const key = keys.get(pepper) ?? pepper.derive("imported passwords");
  keys.set(pepper, key);
  return key;
}
