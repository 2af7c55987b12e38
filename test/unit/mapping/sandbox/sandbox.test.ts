import { existsSync, readFileSync } from "node:fs";
import type { JsonObject } from "../../../../src/domain/json";
import { Misfit } from "../../../../src/mapping/misfit";
import { prepareRecord } from "../../../../src/mapping/prepare-record";
import { Sandbox } from "../../../../src/mapping/sandbox/sandbox";

const opened: Sandbox[] = [];
afterEach(async () => {
  for (const sandbox of opened.splice(0)) await sandbox.close();
});

type Lets = Readonly<Record<string, { readonly text: string; readonly uses: readonly string[] }>>;

function sandboxOf(expressions: readonly string[], lets: Lets = {}, deadline?: number): Sandbox {
  const uses = Object.keys(lets);
  const sandbox = new Sandbox({ lets, expressions: expressions.map((text) => ({ text, uses })) }, deadline);
  opened.push(sandbox);
  return sandbox;
}

const prepared = (record: JsonObject) => prepareRecord(record, true);

/** The values of one expression over some records; the code of a misfit in the place of one that failed. */
async function valuesOf(sandbox: Sandbox, records: readonly JsonObject[], which = [0], parent?: JsonObject) {
  const rows = await sandbox.evaluate({ which, records: records.map(prepared), parent });
  return rows.map((row) => row.map((outcome) => ("value" in outcome ? outcome.value : outcome.misfit.code)));
}

const HANGS = '$contains(x, /^(?:(?=a)a+)+$/) ? "matched" : x';
const BOMB = `${"a".repeat(60)}!`;

test("values come in the order of records and, within one, of the expressions asked for", async () => {
  const sandbox = sandboxOf(["x + 1", "y", "$parent.z & x"]);
  const records = [{ x: 1, y: "one" }, { x: 2 }, { x: 3, y: [null, { __proto__: 1 }] }];
  expect(await valuesOf(sandbox, records, [2, 0, 1], { z: "p" })).toEqual([
    ["p1", 2, "one"],
    ["p2", 3, undefined],
    ["p3", 4, [null, {}]],
  ]);
});

test("a let is worked out once a record, also one that reads another, and not at all when nobody asks", async () => {
  const lets = {
    a: { text: "x & x", uses: [] },
    b: { text: "$a & '!'", uses: ["a"] },
    never: { text: "$error('asked for')", uses: [] },
  };
  const sandbox = new Sandbox({ lets, expressions: [{ text: "$b", uses: ["b"] }] });
  opened.push(sandbox);
  expect(await valuesOf(sandbox, [{ x: "u" }, { x: "v" }])).toEqual([["uu!"], ["vv!"]]);
});

test.each([
  ["$number(x)", "MAP028"],
  ["$error(x)", "MAP028"],
  ["($f := function($n) { $f($n + 1) + 1 }; $f(1))", "MAP028"],
  ["$lookup($, 'nothing')", undefined],
  ["$replace(x, /e(.)/, function($m) { $uppercase($m.match) & $m.groups[0] })", "sECcrETt"],
  ["$replace(x, /e(.)/, '[$1]', 1)", "s[c]ret"],
  ["$map([x], $replace(?, 'e', '3'))", "s3cr3t"],
  ["$formatNumber(-12.5, '0,0', { 'decimal-separator': ',', 'grouping-separator': '.' })", "-12,5"],
])("%s gives the interpreter's own answer", async (text, expected) => {
  expect(await valuesOf(sandboxOf([text]), [{ x: "secret" }])).toEqual([[expected]]);
});

test("a misfit tells the interpreter's code and function, never a value", async () => {
  const [[outcome] = []] = await sandboxOf(["$number(x)"]).evaluate({
    which: [0],
    records: [prepared({ x: "secret" })],
    parent: undefined,
  });
  const misfit = outcome !== undefined && "misfit" in outcome ? outcome.misfit : null;
  expect(misfit).toBeInstanceOf(Misfit);
  expect(misfit?.problem).toBe(
    "cannot be computed: `$number` was given something that is not a number (JSONata D3030)",
  );
});

test("an expression that changes what it reads changes it for itself alone", async () => {
  const sandbox = sandboxOf(['$$ ~> |$$.o|{"a": 2}|', 'l{"a": 1}', "[o.a, $count(l)]"]);
  expect((await valuesOf(sandbox, [{ o: { a: 1 }, l: [] }], [0, 1, 2]))[0]?.[2]).toEqual([1, 0]);
});

test("a record that does not fit into the process is not sent there; those around it are", async () => {
  const wide = Object.fromEntries(Array.from({ length: 600_000 }, (_, index) => [`k${index}`, index]));
  const records = [{ x: 1 }, { x: 2, ...wide }, { x: 3 }];
  expect(await valuesOf(sandboxOf(["x"]), records)).toEqual([[1], ["MAP038"], [3]]);
});

/** The processes of this one, as Linux tells them. */
const children = (): readonly number[] =>
  readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
const onLinux = existsSync(`/proc/${process.pid}/task/${process.pid}/children`) ? test : test.skip;

onLinux("a process that is killed while idle is no record's fault", async () => {
  const sandbox = sandboxOf(["x"]);
  const before = children();
  await valuesOf(sandbox, [{ x: 1 }]);
  for (const pid of children()) if (!before.includes(pid)) process.kill(pid, "SIGKILL");
  expect(await valuesOf(sandbox, [{ x: 2 }, { x: 3 }])).toEqual([[2], [3]]);
});

onLinux("closed while its process starts, it leaves none behind and fails who waits", async () => {
  const sandbox = sandboxOf(["x"]);
  const before = children();
  const asked = expect(valuesOf(sandbox, [{ x: 1 }])).rejects.toMatchObject({ code: "RUN004" });
  await Promise.resolve();
  await sandbox.close();
  await asked;
  expect(children()).toEqual(before);
});

test("functions become something that is told from data, also deep inside", async () => {
  const values = await valuesOf(
    sandboxOf(["$uppercase", "function($x) { $x }", '{"a": [$uppercase]}']),
    [{}],
    [0, 1, 2],
  );
  expect(
    values[0]?.every((value) => "_jsonata_lambda" in (value as object) || "_jsonata_function" in (value as object)),
  ).toBe(true);
});

test("a record that takes too long is refused; what was found of it before stays, and the next one is worked out", async () => {
  const sandbox = sandboxOf(["id", HANGS, "id"], {}, 1_500);
  const records = [
    { id: 1, x: "b" },
    { id: 2, x: BOMB },
    { id: 3, x: "b" },
  ];
  expect(await valuesOf(sandbox, records, [0, 1, 2])).toEqual([
    [1, "b", 1],
    [2, "MAP037", "MAP037"],
    [3, "b", 3],
  ]);
});

test("a record that takes too much memory is refused, and the next one is worked out", async () => {
  const sandbox = sandboxOf(['$reduce([1..40], function($a, $i) { $append($a, $a) }, [x, "y"])[0]'], {}, 20_000);
  expect(await valuesOf(sandbox, [{ x: 1 }])).toEqual([["MAP038"]]);
  expect(await valuesOf(sandboxOf(["x"]), [{ x: 1 }])).toEqual([[1]]);
});

test("after ten stops nothing more is tried", async () => {
  const sandbox = sandboxOf([HANGS], {}, 50);
  const records = Array.from({ length: 12 }, () => ({ x: BOMB }));
  const values = await valuesOf(sandbox, [...records, { x: "b" }]);
  expect(values.flat()).toEqual([...Array(10).fill("MAP037"), ...Array(3).fill("MAP039")]);
});

test("two who ask at once are answered one after the other", async () => {
  const sandbox = sandboxOf(["x"]);
  const asked = [1, 2, 3].map((x) => valuesOf(sandbox, [{ x }, { x: -x }]));
  expect(await Promise.all(asked)).toEqual([1, 2, 3].map((x) => [[x], [-x]]));
});

test("closing does not wait for an expression that hangs", async () => {
  const sandbox = sandboxOf(["x", HANGS], {}, 60_000);
  // The process is there.
  await valuesOf(sandbox, [{ x: 1 }]);
  const waiting = expect(valuesOf(sandbox, [{ x: BOMB }], [1])).rejects.toMatchObject({ code: "RUN004" });
  await sandbox.close();
  await waiting;
  await expect(valuesOf(sandbox, [{ x: 1 }])).rejects.toMatchObject({ code: "RUN004" });
});
