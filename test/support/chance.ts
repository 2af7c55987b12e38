/**
 * What tests leave to chance. `npm test` draws the same each time, so that a change meets what it changed and nothing else; the
 * whole campaign (`npm run faults`) draws anew, and more.
 *
 *     UNDERSTUDY_SEED=42 npx jest …         what was drawn from that seed again; several with commas between
 *     UNDERSTUDY_SEEDS=500 npx jest …       so many lives, each from a seed of its own, drawn anew
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { createRandom, type Random } from "./random";

const { UNDERSTUDY_SEED: given, UNDERSTUDY_SEEDS: count, UNDERSTUDY_CAMPAIGN: campaign } = process.env;

/** Whether all is tried, or what a developer waits for. */
export const isWhole = campaign === "long";

const LIMIT = 2 ** 31;
const named = given?.split(",").map(Number) ?? [];
const isAnew = isWhole || count !== undefined;
export const seed = named[0] ?? (isAnew ? Math.floor(Math.random() * LIMIT) : standing());

/** For choices of a test file, which begin with the same ones each time it is loaded with the same seed. */
export const chance: Random = createRandom(seed);

/** One for each life: those that are named, or as many as are wanted in short and in the whole campaign. */
export function seeds(short: number, whole: number): readonly number[] {
  if (named.length > 0) return named;
  return Array.from({ length: Number(count ?? (isWhole ? whole : short)) }, () => chance.below(LIMIT));
}

/** By the name of the test file, or all of them would choose alike. */
function standing(): number {
  const file = typeof expect === "undefined" ? "" : basename(expect.getState().testPath ?? "");
  return createHash("sha256").update(file).digest().readUInt32BE() % LIMIT;
}
