/**
 * Compiled code against the reference on random expressions over random records: values, undefined, order of properties, what
 * a `let` hands on, and the fused form. `UNDERSTUDY_SEED=N` runs one again; `npm run fuzz:mapping` runs for as long as you like.
 */
import fc from "fast-check";
import { judgeRandomCase } from "../../../../conformance/judge-random-case";
import { randomCase } from "../../../../conformance/random-cases";
import { holds } from "../../../support/holds";

const RUNS = 2_000;

test("compiled code gives what the reference gives, or leaves it to the reference", async () => {
  const counts: Record<string, number> = {};
  const agreement = fc.asyncProperty(randomCase, async (one) => {
    const { verdicts, complaint } = await judgeRandomCase(one);
    for (const verdict of verdicts) counts[verdict] = (counts[verdict] ?? 0) + 1;
    if (complaint !== null) throw new Error(complaint);
  });
  await holds(agreement, RUNS);
  const { equal = 0, refused = 0, ...others } = counts;
  const judged = equal + Object.values(others).reduce((sum, count) => sum + count, 0);
  expect(refused).toBeLessThan(judged / 5);
  // Else it proves little.
  expect(equal).toBeGreaterThan(judged / 2);
  expect(counts["fallen back on a value"] ?? 0).toBeLessThan(judged / 50);
}, 180_000);
