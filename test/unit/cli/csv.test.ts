/** Csv is opened in spreadsheets, which take some texts for formulas; most cells hold what a customer's system said. */
import { csvLine } from "../../../src/cli/answer";
import { command } from "./command";

test.each([
  ["=1+1", "'=1+1"],
  ['=HYPERLINK("http://a","b")', `"'=HYPERLINK(""http://a"",""b"")"`],
  ["+49 30 1234", "'+49 30 1234"],
  ["-1", "'-1"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["\t=1", "'\t=1"],
  ["\r=1", `"'\r=1"`],
])("a text that a spreadsheet would run is text: %j", (text, cell) => {
  expect(csvLine([text, "x"])).toBe(`${cell},x`);
});

test.each(["a=b", "a-b", "8812", "'tis", "", "2026-11-22T13:59:09.120Z", " =1"])(
  "another stays as it is: %j",
  (text) => {
    expect(csvLine([text])).toBe(text);
  },
);

test("numbers of ours stay numbers, and nothing stays nothing", () => {
  expect(csvLine([-1, 0, 4183, null])).toBe("-1,0,4183,");
});

test("in csv alone: lines of JSON hold the values as they are", async () => {
  const entry = {
    at: "2026-11-22T13:59:09.120Z",
    kind: "create",
    entity: "roles",
    key: "=1+1",
    related: null,
    scope: null,
    old: null,
    new: { name: "@x" },
    cause: "upstream",
    actor: "ops@desk",
    reason: "-",
    run: 5,
    origin: null,
  } as const;
  const auditUser = async () => ({ source: "acme", key: "8812", entries: [entry], note: null }) as never;
  const said = async (format: string) =>
    (await command(["audit", "user", "acme/8812", "-o", format], { auditUser })).out.trim().split("\n");
  expect((await said("csv")).at(-1)).toBe(
    `2026-11-22T13:59:09.120Z,create,roles,'=1+1,,,,"{""name"":""@x""}",upstream,ops@desk,'-,5,`,
  );
  expect(JSON.parse((await said("jsonl")).join(""))).toEqual(entry);
});
