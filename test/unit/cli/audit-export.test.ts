import type { App, ExportRequest } from "../../../src/domain/app";
import type { ExportedEntry, ExportSummary } from "../../../src/domain/audit";
import { command } from "./command";

const entry = (parts: Partial<ExportedEntry>): ExportedEntry => ({
  id: 7,
  entity: "users",
  key: "8812",
  related: null,
  scope: null,
  origin: null,
  owner: null,
  kind: "update",
  old: null,
  new: null,
  cause: "upstream",
  at: "2026-11-22T13:59:09.120Z",
  run: 5,
  source: "acme",
  actor: "ops@desk",
  reason: null,
  ...parts,
});

const entries = [
  entry({ old: { title: "A, B" }, new: { title: 'two\nlines "quoted"' } }),
  entry({
    id: 8,
    entity: "user_roles",
    kind: "grant",
    related: "clerk",
    scope: "o1",
    origin: "members",
    owner: "clerk",
    reason: "new, they say:\r\n\u0007",
  }),
  entry({
    id: 9,
    source: "globex",
    entity: "sources",
    key: "globex",
    kind: "tombstone",
    cause: "retired",
    run: 6,
  }),
];

const summary: ExportSummary = {
  source: null,
  since: null,
  until: "2026-12-01T00:00:00.000Z",
  asOf: "2026-11-28T14:00:00.000Z",
  auditSince: null,
  count: 3,
  first: "2026-11-22T13:59:09.120Z",
  last: "2026-11-22T13:59:09.120Z",
};

/** Gives the entries in two batches. */
const auditExport: App["auditExport"] = async ({ take }) => {
  for (const batch of [entries.slice(0, 2), entries.slice(2)]) if (!(await take(batch))) return null;
  return summary;
};
const TOLD = "3 entries, from 2026-11-22 13:59:09 UTC to 2026-11-22 13:59:09 UTC; as of 2026-11-28 14:00:00 UTC\n";

const said = async (format: string, app: Partial<App> = { auditExport }) =>
  command(["audit", "export", "-o", format], app);

test("as text: an entry as of one person, with its source", async () => {
  const { out, err, exitCode } = await said("text");
  expect({ err, exitCode }).toEqual({ err: TOLD, exitCode: 0 });
  expect(out).toMatchInlineSnapshot(`
   "2026-11-22 13:59:09 UTC  acme  update     users 8812  upstream, by ops@desk in run 5
                title: "A, B" -> "two\\nlines \\"quoted\\""
   2026-11-22 13:59:09 UTC  acme  grant      user_roles 8812 -> clerk in o1 by members  upstream, by ops@desk in run 5: new, they say:\\u000d\\u000a\\u0007
   2026-11-22 13:59:09 UTC  globex  tombstone  sources globex  retired, by ops@desk in run 6
   "
  `);
});

test("as lines of JSON and as one document", async () => {
  const { out } = await said("jsonl");
  expect(
    out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual(entries);
  expect(JSON.parse((await said("json")).out)).toEqual({ entries, ...summary });
});

test("as csv, whose cells may hold commas, quotes and lines", async () => {
  const { out } = await said("csv");
  const [head, ...rows] = parseCsv(out);
  expect(head).toEqual([
    ...["id", "source", "at", "kind", "entity", "key", "related", "scope", "old", "new"],
    ...["cause", "actor", "reason", "run", "origin", "owner"],
  ]);
  const at = "2026-11-22T13:59:09.120Z";
  expect(rows).toEqual([
    [
      ...["7", "acme", at, "update", "users", "8812", "", "", '{"title":"A, B"}'],
      ...[JSON.stringify({ title: 'two\nlines "quoted"' }), "upstream", "ops@desk", "", "5", "", ""],
    ],
    [
      ...["8", "acme", at, "grant", "user_roles", "8812", "clerk", "o1", "", "", "upstream", "ops@desk"],
      ...["new, they say:\r\n\u0007", "5", "members", "clerk"],
    ],
    ["9", "globex", at, "tombstone", "sources", "globex", "", "", "", "", "retired", "ops@desk", "", "6", "", ""],
  ]);
});

test.each([
  ["text", ""],
  ["jsonl", ""],
  ["csv", "id,source,at,kind,entity,key,related,scope,old,new,cause,actor,reason,run,origin,owner\n"],
])("of nothing, as %s", async (format, out) => {
  const none: App["auditExport"] = async () => ({
    ...summary,
    source: "acme",
    count: 0,
    first: null,
    last: null,
  });
  expect(await said(format, { auditExport: none })).toMatchObject({
    exitCode: 0,
    out,
    err: "no entry of acme; as of 2026-11-28 14:00:00 UTC\n",
  });
});

test("of nothing, as one document", async () => {
  const none: App["auditExport"] = async () => ({ ...summary, count: 0 });
  expect(JSON.parse((await said("json", { auditExport: none })).out)).toEqual({
    entries: [],
    ...summary,
    count: 0,
  });
});

test("which entries are asked for", async () => {
  const asked: Pick<ExportRequest, "source" | "since" | "until">[] = [];
  const asking: App["auditExport"] = async ({ source, since, until }) => {
    asked.push({ source, since, until });
    return summary;
  };
  await command(["audit", "export"], { auditExport: asking });
  const argv = ["audit", "export", "-s", "acme", "--since", "2026-11-01", "--until", "2026-11-02T01:00:00+01:00"];
  await command(argv, { auditExport: asking });
  expect(asked).toEqual([
    { source: null, since: null, until: null },
    {
      source: "acme",
      since: "2026-11-01T00:00:00.000Z",
      until: "2026-11-02T00:00:00.000Z",
    },
  ]);
});

test("an output that is not read to its end is told as not all", async () => {
  expect(await said("jsonl", { auditExport: async () => null })).toMatchObject({
    exitCode: 11,
    err: "not all of the audit: the output ended before the entries did\n",
  });
});

/** As RFC 4180 has it. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? bare ?? "");
    if (end === "\n") rows.push([]);
  }
  return rows.slice(0, -1);
}
