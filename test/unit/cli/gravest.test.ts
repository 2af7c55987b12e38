import { gravest } from "../../../src/cli/gravest";
import { EXIT } from "../../../src/domain/exit-codes";
import { documents } from "../../support/documents";

test.each([
  ["a bug rather than a usage failure", [EXIT.usage, EXIT.bug], EXIT.bug],
  ["a lost database rather than a usage failure", [EXIT.usage, EXIT.store], EXIT.store],
  ["a usage failure rather than an outage", [EXIT.upstream, EXIT.usage], EXIT.usage],
  // The worker of a run was told to end, and this command was not.
  ["an outage rather than a worker's interruption", [EXIT.interrupted, EXIT.upstream], EXIT.upstream],
  ["a worker's interruption rather than a source that is busy", [EXIT.busy, EXIT.interrupted], EXIT.interrupted],
  ["nothing", [], EXIT.done],
])("%s", (_, exitCodes, expected) => {
  expect(gravest(exitCodes)).toBe(expected);
});

test("the order of the reference is the order, and has every code that a run ends with", () => {
  const reference = documents().find(({ name }) => name.endsWith("reference/command-line.md"))?.text ?? "";
  const order = (/in the order ([\d, ]+);/.exec(reference)?.[1] ?? "").split(", ").map(Number);
  const elsewhere: readonly number[] = [EXIT.changes, EXIT.output, EXIT.tampered, EXIT.terminated];
  expect(new Set(order)).toEqual(new Set(Object.values(EXIT).filter((code) => !elsewhere.includes(code))));
  for (const [index, code] of order.entries()) expect(gravest(order.slice(index).reverse())).toBe(code);
});
