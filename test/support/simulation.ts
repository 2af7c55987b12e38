/** One database, one server and one folder for as many simulated customers as there are seeds, one after the other, each a source. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Database } from "../../src/mirror/database";
import { createWorker, type Worker } from "./create-runner";
import { PAGE, type SimulatedCustomer } from "./simulated-customer";
import { makeTempDir } from "./temp-dir";
import { createTestDatabase } from "./test-database";
import { pageOf } from "./twelve-pages";
import { startUpstreamServer } from "./upstream-server";

export interface SimulationStage {
  readonly upstreamUrl: string;
  readonly home: string;
  readonly database: Database;
  /** Of the database, for another way to it. */
  readonly url: string;
  workerOn(database: Database): Worker;
  sql<R>(query: string, parameters?: readonly unknown[]): Promise<readonly R[]>;
  /**
   * From now on the server answers as this customer.
   *
   * @param users what the job says of its users besides where they are: `one` and `deletes`
   */
  enter(customer: SimulatedCustomer, source: string, users: string): Promise<void>;
  close(): Promise<void>;
}

export async function openSimulation(): Promise<SimulationStage> {
  const upstream = await startUpstreamServer();
  const home = await makeTempDir();
  const made = await createTestDatabase();
  let present: SimulatedCustomer | null = null;
  for (const path of ["/users", "/users/{id}", "/roles", "/roles/{id}/members"])
    upstream.on(path, (request, response) => present?.answer(request, response));
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(home.path, file)), { recursive: true });
    await writeFile(join(home.path, file), text);
  };
  return {
    upstreamUrl: upstream.url,
    home: home.path,
    database: made.database,
    url: made.url,
    workerOn: (database) => createWorker({ database, home: home.path, upstreamUrl: upstream.url }),
    sql: <R>(query: string, parameters: readonly unknown[] = []) =>
      made.database.withClient(async (client) => (await client.query(query, [...parameters])).rows as R[]),
    async enter(customer, source, users) {
      present = customer;
      await write(`jobs/${source}.yaml`, jobOf(source, pageOf(customer.way, PAGE), users));
      for (const [name, text] of Object.entries(MAPPINGS)) await write(`mappings/${source}/${name}.yaml`, text);
    },
    async close() {
      await upstream.close();
      await made.drop();
      await home.remove();
    },
  };
}

const jobOf = (source: string, page: string, users: string): string => `
source: ${source}
baseUrl: \${UPSTREAM_URL}
auth: { kind: none }
http: { allowPrivate: true, timeout: 20s, retry: { on: [429], backoff: 1ms..2ms, budget: 1s } }
safeguard: { rejects: 20% }
entities:
  roles: { get: /roles, records: items, deletes: sweep-now }
  users: { get: /users, records: items, page: ${page}, ${users} }
  role_members: { each: roles, get: "/roles/{parent.id}/members", records: items, page: ${page}, deletes: sweep-within-parent }
`;
const MAPPINGS = {
  roles: "into: roles\nkey: id\nfields:\n  name: name\n",
  users: `
into: users
key: id
fields:
  username: { from: login, required: true }
  status: { from: state, map: { on: active, _: disabled } }
  display_name: name
  roles: { from: roles, type: list }
`,
  role_members: "into: user_roles\nfields:\n  user: { from: id, required: true }\n  role: $parent.id\n",
};
