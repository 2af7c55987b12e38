import { isDeepStrictEqual } from "node:util";
import type { RunReport } from "../../src/domain/runs";
import { REMOVALS_AT_ALL } from "../../src/sync/judge/safeguard";
import type { PeerOutcome } from "../peer/sync-with-knex";
import { type BenchWorld, letADayPass } from "./bench-world";
import type { CopyOutcome } from "./copy-process";
import { type Expected, measure, measureSync, type Result, refuseWrongReport } from "./measure";
import { type MirrorState, readState, refuseDifference, saveRows } from "./rows";
import { countDelta } from "./synthetic-users";
import { WrongWork } from "./wrong-work";

/** Who is measured, in the order of the table. */
export const CONTENDERS = {
  parse: "fetch and `JSON.parse` alone",
  copy: "bare COPY of a first load's rows",
  write: "first load: the write phase alone",
  firstLoad: "first load",
  noChange: "a night without changes",
  delta: "1 % changed, 0.5 % gone",
  peerFirstLoad: "peer: first load",
  peerNoChange: "peer: a night without changes",
  peerDelta: "peer: 1 % changed, 0.5 % gone",
} as const;

export type ContenderName = keyof typeof CONTENDERS;

/** One measured round; the peer may be left out. */
export interface Round {
  readonly results: Readonly<Partial<Record<ContenderName, Result>>>;
  /** Milliseconds of the bare COPY without the audit's rows. */
  readonly copyOfMirrorRows: number;
  /** Whether so many were gone that the run had to be let through by a person. */
  readonly released: boolean;
}

export interface RoundOptions {
  readonly users: number;
  readonly number: number;
  readonly peer: boolean;
  readonly tell: (contender: string, result: Result) => void;
}

/**
 * Every contender once, each in a process of its own, in fresh databases: a first load, a night without changes and one with
 * a few, of ours beside the yardsticks and then of the peer.
 *
 * @throws WrongWork when a run did something else, or ours and the peer's rows are not the same
 */
export async function runRound(
  world: BenchWorld,
  { users, number, peer: withPeer, tell }: RoundOptions,
): Promise<Round> {
  const { upstream, home } = world;
  const { gone, changed } = countDelta(users);
  const results: Partial<Record<ContenderName, Result>> = {};

  const ours = await world.createDatabase(`ours_${number}`);
  await upstream.show("all", users);
  await run("parse", "sync/parse-process.js", [], ours);
  await sync("firstLoad", { new: users });
  const afterFirst = await readState(ours);
  await saveRows(ours, home);
  const copied = await run<CopyOutcome>("copy", "sync/copy-process.js", [home], ours);

  const writing = await world.createDatabase(`writing_${number}`);
  refuseWrongReport(await run<RunReport>("write", "sync/write-process.js", [home], writing), { new: users });
  refuseDifference("the write phase", await readState(writing), afterFirst);
  await world.dropDatabase(`writing_${number}`);

  await letADayPass(ours);
  await sync("noChange", { same: users });
  refuseDifference("a night without changes", await readState(ours), afterFirst);
  const hold = await holdTheGone();
  await upstream.show("changed", users);
  await letADayPass(ours);
  await sync("delta", { same: users - gone - changed, changed, gone }, hold ?? []);
  const afterDelta = await readState(ours);
  await world.dropDatabase(`ours_${number}`);

  if (withPeer) {
    const peer = await world.createDatabase(`peer_${number}`);
    await upstream.show("all", users);
    await runPeer("peerFirstLoad", peer, { created: users }, afterFirst);
    await letADayPass(peer);
    await runPeer("peerNoChange", peer, {}, afterFirst);
    await upstream.show("changed", users);
    await letADayPass(peer);
    await runPeer("peerDelta", peer, { updated: changed, gone }, afterDelta);
    await world.dropDatabase(`peer_${number}`);
  }
  return { results, copyOfMirrorRows: copied.users + copied.user_roles, released: hold !== null };

  async function run<T>(name: ContenderName, file: string, args: readonly string[], databaseUrl: string): Promise<T> {
    const { result, outcome } = await measure<T>(world, { file, args, databaseUrl });
    keep(name, result);
    return outcome;
  }

  async function sync(name: ContenderName, expected: Expected, args: readonly string[] = []): Promise<void> {
    keep(name, (await measureSync(world, ours, expected, args)).result);
  }

  async function runPeer(
    name: ContenderName,
    peer: string,
    expected: Partial<PeerOutcome>,
    state: MirrorState,
  ): Promise<void> {
    const outcome = await run<PeerOutcome>(name, "peer/peer-process.js", ["bench", String(number)], peer);
    const wanted: PeerOutcome = { created: 0, updated: 0, gone: 0, rejected: 0, ...expected };
    if (!isDeepStrictEqual(outcome, wanted)) throw new WrongWork(`the peer did ${JSON.stringify(outcome)}`);
    refuseDifference("the peer", await readState(peer), state);
  }

  function keep(name: ContenderName, result: Result): void {
    results[name] = result;
    tell(CONTENDERS[name], result);
  }

  /**
   * So many removals that they are held whatever the job says: the night before the measured one finds and holds them, and the
   * measured run is that of the release. Gives its arguments; null where nothing is held.
   */
  async function holdTheGone(): Promise<readonly string[] | null> {
    if (gone < REMOVALS_AT_ALL) return null;
    await upstream.show("left", users);
    await letADayPass(ours);
    const { report } = await measureSync(world, ours, { same: users - gone, held: gone });
    return report.hold === null ? null : [String(report.hold.run), String(report.hold.count)];
  }
}
