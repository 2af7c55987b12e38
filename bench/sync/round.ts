import { isDeepStrictEqual } from "node:util";
import type { RunReport } from "../../src/domain/runs";
import { REMOVALS_AT_ALL } from "../../src/sync/safeguard";
import type { PeerOutcome } from "../peer/sync-with-knex";
import { type BenchWorld, letADayPass } from "./bench-world";
import type { CopyOutcome } from "./copy-process";
import { type Expected, measure, measureSync, type Result, refuseWrongReport, WrongWork } from "./measure";
import { type MirrorState, readState, saveRows } from "./rows";
import { countDelta } from "./synthetic-users";

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
  readonly number: number;
  readonly peer: boolean;
  readonly tell: (contender: string, result: Result) => void;
}

/**
 * Every contender once, each in a process of its own, in fresh databases: a first load, a night without changes and one with
 * a few, of ours and of the peer, each beside its yardstick.
 *
 * @throws WrongWork when a run did something else, or ours and the peer's rows are not the same
 */
export async function runRound(world: BenchWorld, { number, peer: withPeer, tell }: RoundOptions): Promise<Round> {
  const { users, upstream, home } = world;
  const names = { ours: `ours_${number}`, writing: `writing_${number}`, peer: `peer_${number}` };
  const ours = await world.createDatabase(names.ours);
  const writing = await world.createDatabase(names.writing);
  const peer = await world.createDatabase(names.peer);
  const results: Partial<Record<ContenderName, Result>> = {};
  const { gone, changed } = countDelta(users);
  await upstream.show("all");

  await run("parse", "sync/parse-process.js", [upstream.url], ours);
  await sync("firstLoad", { new: users });
  await saveRows(ours, home);
  const copied = await run<CopyOutcome>("copy", "sync/copy-process.js", [home], ours);
  refuseWrongReport(await run<RunReport>("write", "sync/write-process.js", [home], writing), { new: users });
  const afterFirst = await readState(ours);
  refuseOthers("the write phase", await readState(writing), afterFirst);
  await runPeer("peerFirstLoad", { created: users }, afterFirst);

  for (const database of [ours, peer]) await letADayPass(database);
  await sync("noChange", { same: users });
  refuseOthers("the second run", await readState(ours), afterFirst);
  await runPeer("peerNoChange", {}, afterFirst);

  const hold = await holdTheGone();
  await upstream.show("changed");
  for (const database of [ours, peer]) await letADayPass(database);
  await sync("delta", { same: users - gone - changed, changed, gone }, hold ?? []);
  await runPeer("peerDelta", { updated: changed, gone }, await readState(ours));

  for (const name of Object.values(names)) await world.dropDatabase(name);
  return { results, copyOfMirrorRows: copied.users + copied.user_roles, released: hold !== null };

  async function run<T>(name: ContenderName, file: string, args: readonly string[], databaseUrl: string): Promise<T> {
    const { result, outcome } = await measure<T>(world, { file, args, databaseUrl });
    keep(name, result);
    return outcome;
  }

  async function sync(name: ContenderName, expected: Expected, args: readonly string[] = []): Promise<void> {
    keep(name, (await measureSync(world, ours, expected, args)).result);
  }

  async function runPeer(name: ContenderName, expected: Partial<PeerOutcome>, state: MirrorState): Promise<void> {
    if (!withPeer) return;
    const outcome = await run<PeerOutcome>(name, "peer/peer-process.js", ["bench", String(number)], peer);
    const wanted: PeerOutcome = { created: 0, updated: 0, gone: 0, rejected: 0, ...expected };
    if (!isDeepStrictEqual(outcome, wanted)) throw new WrongWork(`the peer did ${JSON.stringify(outcome)}`);
    refuseOthers("the peer", await readState(peer), state);
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
    await upstream.show("left");
    const { report } = await measureSync(world, ours, { same: users - gone, held: gone });
    return report.hold === null ? null : [String(report.hold.run), String(report.hold.count)];
  }
}

function refuseOthers(who: string, found: MirrorState, expected: MirrorState): void {
  for (const name of Object.keys(expected) as readonly (keyof MirrorState)[])
    if (found[name] !== expected[name])
      throw new WrongWork(`${who} and the first load differ in ${name}:\n  ${found[name]}\n  ${expected[name]}`);
}
