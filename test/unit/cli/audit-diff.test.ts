import type { DiffAnswer, LinkDifference } from "../../../src/domain/audit";
import { command } from "./command";

const link = (parts: Partial<LinkDifference>): LinkDifference => ({
  kind: "user_roles",
  key: "u1",
  name: "Ann",
  related: "r1",
  relatedName: "Depot clerk",
  scope: null,
  effect: "gained",
  ...parts,
});

const answer: DiffAnswer = {
  source: "acme",
  from: "2026-11-01T00:00:00.000Z",
  to: "2026-11-28T14:00:00.120Z",
  records: [
    { entity: "orgs", key: "o9", name: "Sales\u0007", kind: "created", old: null, new: { name: "Sales\u0007" } },
    {
      entity: "users",
      key: "u1",
      name: "Ann",
      kind: "changed",
      old: { key: "8812", attributes: null },
      new: { key: "u1", attributes: { department: 'IT, "core"' } },
    },
    { entity: "users", key: "u2", name: "u2", kind: "removed", old: null, new: null },
    { entity: "users", key: "u3", name: null, kind: "restored", old: {}, new: {} },
  ],
  recordsTotal: 4,
  links: [
    link({ effect: "lost", scope: "o1" }),
    link({ kind: "user_orgs", related: "o9", relatedName: "Sales" }),
    link({
      kind: "role_permissions",
      key: "r1",
      name: "Depot clerk",
      related: "p1",
      relatedName: null,
    }),
  ],
  linksTotal: 3,
  note: "`acme` was never read completely: what came may have been there before",
};
const auditDiff = async () => answer;
const ASKED = ["audit", "diff", "--source", "acme", "--from", "2026-11-01"];

test("who gained or lost what, then the records, then what keeps it from being the whole truth", async () => {
  const { out, err, exitCode } = await command(ASKED, { auditDiff });
  expect({ err, exitCode }).toEqual({ err: "", exitCode: 0 });
  expect(out).toMatchInlineSnapshot(`
   "acme  from 2026-11-01 00:00:00 UTC to 2026-11-28 14:00:00 UTC

   access: 3 changes
     Ann (u1)
       - loses role Depot clerk (r1) in o1
       + gains organization Sales (o9)
     everybody with role Depot clerk (r1)
       + gains permission p1

   records: 4 changes
     create     orgs Sales\\u0007 (o9)
     update     users Ann (u1)
                  key: "8812" -> "u1"
                  attributes: (none) -> {"department":"IT, \\"core\\""}
     tombstone  users u2
     restore    users u3

   \`acme\` was never read completely: what came may have been there before
   "
  `);
});

test("two moments between which nothing changed differ in nothing, and it says so", async () => {
  const none = {
    ...answer,
    records: [],
    recordsTotal: 0,
    links: [],
    linksTotal: 0,
    note: null,
  };
  expect((await command(ASKED, { auditDiff: async () => none })).out).toBe(
    "acme  from 2026-11-01 00:00:00 UTC to 2026-11-28 14:00:00 UTC\n\nnobody gained or lost a role, an organization or a permission\n\nno record differs\n",
  );
});

test("the first of many, all of them with --full, and how many with --short", async () => {
  const records = Array.from({ length: 30 }, (_, n) => ({
    ...answer.records[2]!,
    key: `u${n}`,
    name: null,
  }));
  const many = async () => ({
    ...answer,
    records,
    recordsTotal: 3_000,
    links: [],
    linksTotal: 0,
    note: null,
  });
  const { out, err } = await command(ASKED, { auditDiff: many });
  expect(out).toContain("records: 3,000 changes\n");
  expect(out).toContain(
    "  … and 2,980 more: understudy audit diff --source acme --from 2026-11-01T00:00:00.000Z --to 2026-11-28T14:00:00.120Z --full\n",
  );
  expect(err).toBe("");
  // A list in a file must not pass for the whole.
  const unlisted = "not listed: 2,970 more differences; all of them: --full\n";
  expect((await command([...ASKED, "-o", "csv"], { auditDiff: many })).err).toBe(unlisted);
  const full: unknown[] = [];
  const asking = async (request: { readonly full: boolean }) => {
    full.push(request);
    return answer;
  };
  await command([...ASKED, "--full", "--to", "2026-11-02"], {
    auditDiff: asking,
  });
  await command([...ASKED, "--short"], { auditDiff: asking });
  const asked = { source: "acme", from: "2026-11-01T00:00:00.000Z" };
  expect(full).toEqual([
    { ...asked, to: "2026-11-02T00:00:00.000Z", full: true },
    { ...asked, to: null, full: false },
  ]);
  expect((await command([...ASKED, "--short"], { auditDiff })).out).toContain(
    "access: 3 changes\n\nrecords: 4 changes\n\n",
  );
});

test("as csv and lines of JSON, a difference each; as JSON in one document", async () => {
  const said = async (format: string) => (await command([...ASKED, "-o", format], { auditDiff })).out;
  expect((await said("csv")).trim().split("\n")).toEqual([
    "difference,entity,key,name,related,relatedName,scope,old,new",
    'created,orgs,o9,Sales\u0007,,,,,"{""name"":""Sales\\u0007""}"',
    expect.stringMatching(/^changed,users,u1,Ann,,,,"{""key"":""8812"",/),
    "removed,users,u2,u2,,,,,",
    "restored,users,u3,,,,,{},{}",
    "lost,user_roles,u1,Ann,r1,Depot clerk,o1,,",
    "gained,user_orgs,u1,Ann,o9,Sales,,,",
    "gained,role_permissions,r1,Depot clerk,p1,,,,",
  ]);
  const lines = (await said("jsonl")).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual([...answer.records, ...answer.links]);
  expect(JSON.parse(await said("json"))).toEqual(answer);
});

test.each([
  [["--source", "acme"], "required option '--from <time>' not specified"],
  [["--from", "2026-11-01"], "required option '-s, --source <source>' not specified"],
  [["--source", "acme", "--from", "now"], "`--from` cannot be `now`"],
  [
    ["--source", "acme", "--from", "2026-11-02", "--to", "2026-11-01"],
    "there is no time between --from 2026-11-02T00:00:00.000Z and --to 2026-11-01T00:00:00.000Z",
  ],
])("%j is a usage error that helps", async (options, message) => {
  const { exitCode, err } = await command(["audit", "diff", ...options]);
  expect(exitCode).toBe(2);
  expect(err).toContain(message);
});
