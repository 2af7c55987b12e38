import { type Expected, refuseWrongReport } from "../../../bench/sync/measure";
import { type MirrorState, refuseDifference } from "../../../bench/sync/rows";
import { countDelta, numbersIn, syntheticUser } from "../../../bench/sync/synthetic-users";
import { WrongWork } from "../../../bench/sync/wrong-work";
import type { RunReport } from "../../../src/domain/runs";

const STATE: MirrorState = { users: "3 rows", roles: "2 rows", userRoles: "6 rows", audit: "users create: 3 rows" };

test("rows that differ are refused, by name", () => {
  expect(() => refuseDifference("the peer", STATE, { ...STATE })).not.toThrow();
  for (const name of Object.keys(STATE) as readonly (keyof MirrorState)[])
    expect(() => refuseDifference("the peer", { ...STATE, [name]: "others" }, STATE)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(new RegExp(`^the peer made other ${name} `)) }),
    );
});

const reportOf = (counts: Expected | null): RunReport => {
  const users = { new: 0, changed: 0, same: 0, gone: 0, held: 0, rejected: 0, ...counts };
  return { entities: counts === null ? {} : { users } } as unknown as RunReport;
};

test("a run that did something else than what was to be measured is refused", () => {
  expect(() =>
    refuseWrongReport(reportOf({ changed: 10, same: 985, gone: 5 }), { changed: 10, same: 985, gone: 5 }),
  ).not.toThrow();
  for (const report of [reportOf(null), reportOf({ same: 999 }), reportOf({ same: 1000, held: 5 })])
    expect(() => refuseWrongReport(report, { same: 1000 })).toThrow(WrongWork);
});

test("of a thousand users ten change and five are gone, who are others", () => {
  expect(countDelta(1000)).toEqual({ changed: 10, gone: 5 });
  const [all, left, changed] = [numbersIn("all", 1000), numbersIn("left", 1000), numbersIn("changed", 1000)];
  expect([all.length, left.length, changed.length]).toEqual([1000, 995, 995]);
  const titles = left.filter(
    (number) => syntheticUser(number, "changed").profile.title !== syntheticUser(number, "left").profile.title,
  );
  expect(titles).toHaveLength(10);
});
