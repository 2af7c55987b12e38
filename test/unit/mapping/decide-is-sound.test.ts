import fc from "fast-check";
import jsonata from "jsonata";
import { treeOf } from "../../../src/mapping/ast";
import { decide } from "../../../src/mapping/check-paths/decide";
import { holds } from "../../support/holds";

const VALUES = ["A", "b", "", true, false, 1, undefined];
const value = fc.constantFrom(...VALUES);
const record = fc.record({ s: value, o: fc.record({ s: value }), t: value });

const { condition } = fc.letrec<{ condition: string; operand: string }>((tie) => ({
  operand: fc.oneof(
    fc.constantFrom("s", "s", "$.s", "$$.s", "t", "o.s", "o", "$x", "'A'", "'b'", "''", "1", "true", "false"),
    fc.constantFrom("['A', 'b']", "['A', t]", "[]", "null", "$lowercase(s)", "$uppercase(s)", "$string(s)", "s[0]"),
  ),
  condition: fc.oneof(
    tie("operand"),
    fc.tuple(tie("operand"), fc.constantFrom("=", "!=", "in"), tie("operand")).map((parts) => parts.join(" ")),
    fc
      .tuple(tie("condition"), fc.constantFrom("and", "or"), tie("condition"))
      .map(([a, word, b]) => `(${a}) ${word} (${b})`),
    fc.tuple(fc.constantFrom("not", "exists"), tie("condition")).map(([name, inner]) => `$${name}(${inner})`),
    fc
      .tuple(tie("condition"), tie("condition"), tie("condition"))
      .map(([test, then, otherwise]) => `((${test}) ? (${then}) : (${otherwise}))`),
  ),
}));

test("what is decided of a record by one of its values is so whatever the others are", async () => {
  const property = fc.asyncProperty(condition, fc.constantFrom("s", "t"), record, async (written, name, random) => {
    const input = JSON.parse(JSON.stringify(random)) as typeof random;
    const lets = new Map([["x", treeOf("s in ['A']")]]);
    const decided = decide(treeOf(written), lets, { names: [name], value: input[name] });
    const x = input.s === "A";
    const outcome = await jsonata(written)
      .evaluate(input, { x })
      .then(
        (found: unknown) => ({ found, failed: false }),
        () => ({ found: null, failed: true }),
      );
    if (outcome.failed || (decided !== true && decided !== false)) return;
    expect({ written, input, name, found: outcome.found }).toEqual({ written, input, name, found: decided });
  });
  await holds(property, 2_000);
});
