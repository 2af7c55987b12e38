import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { hash as argon2, verify as verifyArgon2 } from "@node-rs/argon2";
import { HashQueue } from "./hash-queue";
import type { Pepper } from "./pepper";

/** What a hash costs: KiB, passes, lanes. */
export interface HashCost {
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
}

/** RFC 9106's second choice, with one lane. */
export const COST: HashCost = { memoryCost: 65_536, timeCost: 3, parallelism: 1 };
const SALT_BYTES = 16;
/** How many logins may wait for a hash beside those that are hashed. */
const PLACES = 32;

/** The platform has four threads for such work, unless told otherwise. */
const MOST_AT_ONCE = 3;

interface Bound {
  readonly source: string;
  readonly account: string;
  readonly password: string;
}

const nothing = (): string => randomBytes(64).toString("base64");

export interface HasherOptions {
  /** The one that hashes are made with comes first; the others are read only. */
  readonly peppers: readonly [Pepper, ...Pepper[]];
  readonly cost?: HashCost;
}

/**
 * Hashes by argon2id, at most one a core and off the main thread; of the platform's threads one is left for everything else.
 * A hash is the pepper's id and a PHC string.
 */
export function createHasher({ peppers, cost = COST }: HasherOptions) {
  const queue = new HashQueue(Math.min(availableParallelism(), MOST_AT_ONCE), PLACES);
  const [pepper] = peppers;
  const make = async (bound: string): Promise<string> =>
    queue.run(() => argon2(bound, { ...cost, salt: randomBytes(SALT_BYTES) }));

  async function verify(hash: string, bound: Bound): Promise<"right" | "wrong" | "unreadable"> {
    const [id, phc] = [hash.slice(0, hash.indexOf("$")), hash.slice(hash.indexOf("$"))];
    const known = peppers.find((one) => one.id === id);
    if (known === undefined) {
      await make(nothing());
      return "unreadable";
    }
    return (await queue.run(() => verifyArgon2(phc, known.bind(bound)))) ? "right" : "wrong";
  }

  return {
    enter() {
      if (!queue.enter()) return null;
      return {
        hash: async (bound: Bound) => `${pepper.id}${await make(pepper.bind(bound))}`,
        verify,
        pretend: async () => void (await make(nothing())),
        leave: () => queue.leave(),
      };
    },
  };
}
