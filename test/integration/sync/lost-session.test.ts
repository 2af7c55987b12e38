/** A run whose database fails it while it reads: it goes on within itself, from its last checkpoint. */

import type { RunReport } from "../../../src/domain/runs";
import type { RunChoices } from "../../support/create-runner";
import { eventually } from "../../support/eventually";
import type { List } from "../../support/upstream-list";
import { crowd, JOB, recordsOf, startWorld, type World } from "../../support/world";

/** A checkpoint with every page. */
const EVERY_PAGE = { rows: 1, checkpointEvery: 0 };

const CURSOR_JOB = JOB.replace(
  "page: { offset: offset, size: limit=10, total: total }",
  "page: { cursor: next, as: after, size: limit=10, total: total }",
);
const GRANTS =
  "  grants: { each: users, get: '/users/{parent.id}/roles', records: items, deletes: sweep-within-parent }\n";

let world: World;
let list: List;
/** Of the people whose children were asked for. */
let parents: string[];
beforeEach(async () => {
  parents = [];
  world = await startWorld({
    "jobs/acme.yaml": CURSOR_JOB + GRANTS,
    "mappings/acme/grants.yaml":
      "into: user_roles\nfields:\n  user: { from: $parent.id, required: true }\n  role: { from: id, required: true }\n",
  });
  list = world.upstream.serveList("/users", () => world.users, { paging: "cursor", pageSize: 10, total: "body" });
  world.upstream.on("/users/{id}/roles", ({ params }) => {
    parents.push(String(params.id));
    return { body: { items: [{ id: "r1" }] } };
  });
  world.users = crowd(75);
});
afterEach(() => world.close());

const sync = (choices: RunChoices = {}): Promise<RunReport> => world.sync({ batches: EVERY_PAGE, ...choices });

const askedPages = (): readonly number[] =>
  world.upstream.requests
    .filter(({ path }) => path === "/users")
    .map(({ query }) => Number((query.get("after") ?? "c-0").replace("c-", "")) / 10 + 1);

/** Ends the run's session while it waits for that page of the users, so many times. */
function endSessionAt(page: number, times: number): void {
  if (times === 0) return;
  list.fault(
    page,
    async (request, response) => {
      await areKept(page - 1);
      await world.sql("select pg_terminate_backend(holder_pid, 5000) from sync.sources");
      const reply = await list.handler(request, response);
      endSessionAt(page, times - 1);
      return reply;
    },
    { times: 1 },
  );
}

async function areKept(pages: number): Promise<void> {
  const kept = `select from sync.checkpoints, json_array_elements(streams) as state
    where state ->> 'stream' = 'users' and (state #>> '{counted,pages}')::integer >= $1`;
  await eventually(
    () => world.sql(kept, [pages]),
    (rows) => rows.length > 0,
  );
}

async function isAsUndisturbed(report: RunReport): Promise<void> {
  expect(report).toMatchObject({ outcome: "ok", requests: world.upstream.requests.length });
  expect(recordsOf(report, "users")).toMatchObject({ fetched: 75, new: 75, complete: true, after: 75 });
  expect(report.entities).toMatchObject({ user_roles: { granted: 150, after: 150 } });
  const twice = "select from audit.entries group by entity, key, related, scope, origin, kind having count(*) > 1";
  expect(await world.sql(twice)).toEqual([]);
  expect(await world.sql("select from sync.checkpoints")).toEqual([]);
  const planned = await world.plan();
  expect(await world.sql("select from sync.plan_changes where plan = $1", [planned.plan])).toEqual([]);
}

test.each([1, 3])("pages that are in a checkpoint are not asked for again, lost %i times", async (times) => {
  endSessionAt(4, times);
  const report = await sync();
  const asked = askedPages();
  expect([1, 2, 3, 4].map((page) => asked.filter((one) => one === page).length)).toEqual([1, 1, 1, times + 1]);
  expect(parents.length).toBeLessThanOrEqual(75 + 10 * times);
  expect(report.notes).toEqual([
    "lost its database after 2 orgs, 2 permissions, 2 roles, 30 users and 30 grants, and went on from there",
  ]);
  await isAsUndisturbed(report);
});

test("what is gone, as after a crash of the server, is read anew", async () => {
  const emptied = async (): Promise<void> => {
    const [stage] = await world.sql<{ name: string }>(
      "select nspname as name from pg_namespace where nspname like 'stage%'",
    );
    await world.sql("select pg_terminate_backend(holder_pid, 5000) from sync.sources");
    await world.sql(`truncate ${stage?.name}.stage_users, ${stage?.name}.stage_links`);
  };
  list.fault(
    4,
    (request, response) =>
      areKept(3)
        .then(emptied)
        .then(() => list.handler(request, response)),
    { times: 1 },
  );
  const report = await sync();
  expect(askedPages().filter((page) => page < 4)).toEqual([1, 2, 3, 1, 2, 3]);
  expect(report.notes).toEqual(["lost its database and what it had read, and started anew"]);
  await isAsUndisturbed(report);
});

test("one person, read by a session that is lost, is read again", async () => {
  await sync();
  world.users[3]!.name = "Dora";
  let isLost = false;
  world.upstream.on("/users/{id}", async ({ params }) => {
    if (!isLost) await world.sql("select pg_terminate_backend(holder_pid, 5000) from sync.sources");
    isLost = true;
    return { body: world.users.find(({ id }) => id === params.id) };
  });
  expect(await sync({ user: "u4" })).toMatchObject({ outcome: "ok" });
  expect(await world.sql("select display_name from mirror.users where key = 'u4'")).toEqual([{ display_name: "Dora" }]);
});
