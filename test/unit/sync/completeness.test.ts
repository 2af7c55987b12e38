import type { Pass } from "../../../src/domain/increments";
import type { Stream } from "../../../src/domain/job";
import type { StreamCounts } from "../../../src/domain/staging";
import { Completeness } from "../../../src/sync/completeness";
import type { ProvenStream } from "../../../src/sync/judge/prove-stream";
import { newRead } from "../../../src/sync/read/stream-read";
import { streamOf } from "../../support/upstream-job";

const orgs = streamOf(null, "/orgs", { name: "orgs", into: "orgs" });
const users = streamOf(null, "/users");
const orgRoles = streamOf(null, "/orgs/{parent.id}/roles", { name: "org_roles", into: "roles", each: "orgs" });
const members = streamOf(null, "/orgs/{parent.id}/members", { name: "members", into: "user_orgs", each: "orgs" });

const sweeping = (stream: Stream, absence: Stream["deletes"]["absence"]): Stream => ({
  ...stream,
  deletes: { ...stream.deletes, absence },
});

const SINCE: Pass = { kind: "since", since: 0, former: 0 };

interface Proof extends Partial<Pick<ProvenStream, "brokenBecause" | "stopped">> {
  readonly counted?: Partial<StreamCounts>;
  readonly pass?: Pass;
}

function proof(stream: Stream, { brokenBecause = null, stopped = false, counted, pass }: Proof = {}): ProvenStream {
  return { read: newRead(stream, counted, pass), duplicates: 0, torn: 0, fetched: 0, brokenBecause, stopped };
}

interface Asked {
  /** All that the job describes; those that were read unless told. */
  readonly described?: readonly Stream[];
  readonly only?: readonly string[];
  readonly user?: string;
}

function completenessOf(proofs: readonly ProvenStream[], { described, only, user }: Asked = {}): Completeness {
  const streams = proofs.map(({ read }) => read.stream);
  const asked = { job: { streams: described ?? streams }, options: { only: only ?? null, user: user ?? null } };
  return new Completeness(asked, streams, proofs);
}

const names = (streams: readonly Stream[]): readonly string[] => streams.map(({ name }) => name);

describe("a source of which everything was read", () => {
  const completeness = completenessOf([proof(orgs), proof(users), proof(members)]);

  test("is complete in every stream and as a whole", () => {
    expect([orgs, users, members].map((stream) => completeness.isComplete(stream))).toEqual([true, true, true]);
    expect(completeness.isWholeSourceComplete()).toBe(true);
    expect(completeness.isUpToDate()).toBe(true);
  });

  test("knows nothing of a stream that was not read", () => {
    expect(completeness.isComplete(orgRoles)).toBe(false);
    expect(completeness.isIncremental(orgRoles)).toBe(false);
    expect(completeness.readOf(orgRoles)).toBeNull();
  });

  test("gives each stream's read", () => expect(completeness.readOf(users)).toBe(completeness.reads[1]));
});

describe("a list that broke off", () => {
  const completeness = completenessOf([proof(orgs, { brokenBecause: "page 3 answered 500" }), proof(users)]);

  test("is not complete, and the source neither; the others are", () => {
    expect(completeness.isComplete(orgs)).toBe(false);
    expect(completeness.isComplete(users)).toBe(true);
    expect(completeness.isWholeSourceComplete()).toBe(false);
    expect(completeness.isUpToDate()).toBe(false);
  });

  test("says why, in the order of reading", () =>
    expect([...completeness.reasons]).toEqual([
      ["orgs", "page 3 answered 500"],
      ["users", null],
    ]));

  test("is believed in what it holds", () => {
    expect(names(completeness.believed)).toEqual(["orgs", "users"]);
    expect(completeness.stopped).toEqual([]);
  });
});

describe("children", () => {
  const reasonsFor = (parent: Proof): readonly (string | null)[] => [
    ...completenessOf([proof(orgRoles), proof(members), proof(orgs, parent)]).reasons.values(),
  ];

  test("of parents that were all read are complete", () => expect(reasonsFor({})).toEqual([null, null, null]));

  test("that are records are not complete when the list of their parents is not; links are", () =>
    expect(reasonsFor({ brokenBecause: "page 3 answered 500" })).toEqual([
      "`orgs` was not read completely",
      null,
      "page 3 answered 500",
    ]));

  test("that are records are not complete when a parent could not be mapped; links are", () =>
    expect(reasonsFor({ counted: { rejected: 2 } })).toEqual([
      "2 of `orgs` could not be mapped, so their roles were not asked for",
      null,
      null,
    ]));

  test("keep their own reason", () => {
    const broken = proof(orgRoles, { brokenBecause: "a member came twice" });
    const completeness = completenessOf([proof(orgs, { brokenBecause: "page 3 answered 500" }), broken]);
    expect(completeness.reasons.get("org_roles")).toBe("a member came twice");
  });
});

describe("a stream of which only changes were asked for", () => {
  const completeness = completenessOf([proof(orgs), proof(users, { pass: SINCE })]);

  test("is not complete, for absence says nothing", () => {
    expect(completeness.isIncremental(users)).toBe(true);
    expect(completeness.isComplete(users)).toBe(false);
    expect(completeness.isWholeSourceComplete()).toBe(false);
  });

  test("is up to date with its source", () => expect(completeness.isUpToDate()).toBe(true));

  test("is not up to date when its changes broke off", () => {
    const broken = proof(users, { pass: SINCE, brokenBecause: "page 3 answered 500" });
    expect(completenessOf([broken]).isUpToDate()).toBe(false);
  });
});

describe("a part of a source", () => {
  test("is never the whole source, whatever was read", () => {
    const completeness = completenessOf([proof(orgs), proof(users)], { only: ["orgs", "users"] });
    expect(completeness.isComplete(users)).toBe(true);
    expect(completeness.isWholeSourceComplete()).toBe(false);
    expect(completeness.isUpToDate()).toBe(false);
  });

  test("is not the whole source when the job describes more than was read", () => {
    const completeness = completenessOf([proof(users)], { described: [orgs, users] });
    expect(completeness.isWholeSourceComplete()).toBe(false);
    expect(completeness.isUpToDate()).toBe(false);
  });

  test("that is one person proves nothing of anybody else", () => {
    const completeness = completenessOf([proof(users)], { user: "u1" });
    expect(completeness.reasons.get("users")).toBe("only one person was read");
    expect(completeness.isComplete(users)).toBe(false);
    expect(completeness.isWholeSourceComplete()).toBe(false);
    expect(names(completeness.believed)).toEqual(["users"]);
  });
});

test("a stream that was stopped is not believed", () => {
  const stopped = proof(users, { stopped: true, brokenBecause: "30 of 40 users could not be mapped" });
  const completeness = completenessOf([proof(orgs), stopped]);
  expect(names(completeness.stopped)).toEqual(["users"]);
  expect(names(completeness.believed)).toEqual(["orgs"]);
  expect(names(completeness.recordStreams)).toEqual(["orgs"]);
});

test("streams of records come with parents before children, otherwise in their order, and without links", () => {
  const completeness = completenessOf([proof(orgRoles), proof(members), proof(users), proof(orgs)]);
  expect(names(completeness.recordStreams)).toEqual(["users", "orgs", "org_roles"]);
});

test.each([
  ["never", { whole: false, broken: false }],
  ["sweep", { whole: true, broken: false }],
  ["sweep-now", { whole: true, broken: false }],
  ["sweep-within-parent", { whole: true, broken: true }],
] as const)("links with `deletes: %s` are swept as it says", (absence, swept) => {
  const links = sweeping(members, absence);
  const isSwept = (brokenBecause: string | null): boolean =>
    completenessOf([proof(orgs), proof(links, { brokenBecause })]).isSwept(links);
  expect({ whole: isSwept(null), broken: isSwept("page 3 answered 500") }).toEqual(swept);
});

describe("a list that is disproved", () => {
  const because = "the list left out 1 org that still answers when read alone";

  test("takes the records below it along, and neither their links nor anybody else", () => {
    const completeness = completenessOf([proof(orgs), proof(orgRoles), proof(members), proof(users)]);
    expect(names(completeness.disprove(orgs, because))).toEqual(["orgs", "org_roles"]);
    expect([...completeness.reasons]).toEqual([
      ["orgs", because],
      ["org_roles", because],
      ["members", null],
      ["users", null],
    ]);
    expect(completeness.isComplete(orgs)).toBe(false);
    expect(completeness.isComplete(users)).toBe(true);
    expect(completeness.isWholeSourceComplete()).toBe(false);
    expect(completeness.isUpToDate()).toBe(false);
  });

  test("leaves its parents as they were", () => {
    const completeness = completenessOf([proof(orgs), proof(orgRoles)]);
    expect(names(completeness.disprove(orgRoles, because))).toEqual(["org_roles"]);
    expect(completeness.isComplete(orgs)).toBe(true);
  });

  test("changes nothing of what its proof was", () => {
    const completeness = completenessOf([proof(orgs)]);
    completeness.disprove(orgs, because);
    expect(completeness.proofs[0]?.brokenBecause).toBeNull();
  });

  test("takes no child along that was not believed in the first place", () => {
    const stopped = proof(orgRoles, { stopped: true, brokenBecause: "30 of 40 roles could not be mapped" });
    const completeness = completenessOf([proof(orgs), stopped]);
    expect(names(completeness.disprove(orgs, because))).toEqual(["orgs"]);
    expect(completeness.reasons.get("org_roles")).toBe("30 of 40 roles could not be mapped");
  });
});
