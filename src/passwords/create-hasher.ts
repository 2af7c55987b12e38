import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { hash as argon2, verify as verifyArgon2 } from "@node-rs/argon2";
import { checkForeign } from "./check-foreign";
import { HashQueue } from "./hash-queue";
import { HashSeal, isSealed } from "./hash-seal";
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
/** How many logins of a source may wait for a hash beside those that are hashed. */
const PLACES = 32;

/** The platform has four threads for such work, unless told otherwise. */
const MOST_AT_ONCE = 3;

interface Bound {
  readonly source: string;
  /** The local id, to which our own hashes are bound. */
  readonly account: string;
  readonly password: string;
}

/** The upstream key, for which other systems' hashes are sealed. */
type Verified = Bound & { readonly key: string };

type Finding = "right" | "wrong" | "unreadable";

const nothing = (): string => randomBytes(64).toString("base64");

export interface HasherOptions {
  /** The one that hashes are made with comes first; the others are read only. */
  readonly peppers: readonly [Pepper, ...Pepper[]];
  readonly cost?: HashCost;
}

/**
 * Hashes by argon2id, at most one a core and off the main thread; of the platform's threads one is left for everything
 * else. A hash is the pepper's id and a PHC string.
 *
 * A hash that a mapping brought takes its own time, and one of ours in addition. A login that is decided by something
 * else waits as long, so that the time a source takes does not show whose password came with a mapping.
 */
export function createHasher({ peppers, cost = COST }: HasherOptions) {
  const queue = new HashQueue(Math.min(availableParallelism(), MOST_AT_ONCE), PLACES);
  const seal = new HashSeal(peppers);
  const [pepper] = peppers;
  /** By source: what the latest hash of a mapping took; milliseconds. */
  const foreignTook = new Map<string, number>();
  const argonOf = (bound: string): Promise<string> => argon2(bound, { ...cost, salt: randomBytes(SALT_BYTES) });
  const make = async (bound: string): Promise<string> => queue.run(() => argonOf(bound));

  async function verifyOwn(hash: string, bound: Bound): Promise<Finding> {
    const [id, phc] = [hash.slice(0, hash.indexOf("$")), hash.slice(hash.indexOf("$"))];
    const known = peppers.find((one) => one.id === id);
    if (known === undefined) {
      await make(nothing());
      return "unreadable";
    }
    return (await queue.run(() => verifyArgon2(phc, known.bind(bound)))) ? "right" : "wrong";
  }

  async function verifyForeign(sealed: string, { source, key, password }: Verified): Promise<Finding> {
    const hash = seal.open(sealed, { source, key });
    if (hash === null) {
      await pretend(source);
      return "unreadable";
    }
    // In one turn, or under a flood it would wait twice, and by that be told from one of ours.
    return queue.run(async () => {
      const found = await timed(source, () => checkForeign(hash, password));
      await argonOf(nothing());
      return found;
    });
  }

  async function timed<T>(source: string, work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const result = await work();
    foreignTook.set(source, performance.now() - begun);
    return result;
  }

  /** For what takes no hash of a mapping. */
  async function lasting<T>(source: string, work: () => Promise<T>): Promise<T> {
    const result = await work();
    const more = foreignTook.get(source) ?? 0;
    if (more >= 1) await delay(more);
    return result;
  }

  const pretend = (source: string): Promise<void> => lasting(source, async () => void (await make(nothing())));

  return {
    enter(source: string) {
      if (!queue.enter(source)) return null;
      return {
        hash: async (bound: Bound) => `${pepper.id}${await make(pepper.bind(bound))}`,
        verify: (hash: string, bound: Verified): Promise<Finding> =>
          isSealed(hash) ? verifyForeign(hash, bound) : lasting(source, () => verifyOwn(hash, bound)),
        pretend: () => pretend(source),
        leave: () => queue.leave(source),
      };
    },
    load: () => queue.load,
  };
}
