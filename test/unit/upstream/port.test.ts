import type { Upstream as Port } from "../../../src/sync/ports";
import { createUpstream } from "../../../src/upstream/create-upstream";

test("it is the upstream that a run expects", () => {
  const fits: (...options: Parameters<typeof createUpstream>) => Port = createUpstream;
  expect(fits).toBe(createUpstream);
});
