import { openApp } from "../../src/app";
import type { WhyAnswer } from "../../src/domain/why";
import { JOB, startWorld } from "./world";

export const WHY_USERS = `
into: users
key: id
skip: state = "staged"
let: { given: $trim(nick) }
fields:
  username: { from: login, required: true }
  status: { from: state, map: { on: active, off: disabled, _: disabled } }
  display_name: [$given, name]
  email: { from: mail.work, type: email, pii: true }
  changed_at: { from: touched, type: timestamp }
  orgs: { from: orgs, type: list }
  roles: { from: roles, type: list }
attributes:
  department: { from: dept, default: none }
  badge: { from: badge, pii: true }
`;

export type WhyWorld = Awaited<ReturnType<typeof startWhyWorld>>;

/** A world that keeps raw records, and the app that tells why something is as it is. */
export async function startWhyWorld() {
  const world = await startWorld({ "jobs/acme.yaml": `${JOB}keepRaw: true\n` });
  const app = await openApp({
    home: world.home,
    env: { DATABASE_URL: world.databaseUrl, UPSTREAM_URL: world.upstream.url },
    logLevel: "error",
  });
  return {
    world,
    app,
    /** Writes the mapping of users. */
    edit: (text = WHY_USERS) => world.write("mappings/acme/users.yaml", text),
    why: (field: string, { key = "u1", live = false } = {}): Promise<WhyAnswer> =>
      app.why({ source: "acme", key, field, live, signal: new AbortController().signal }),
    async close(): Promise<void> {
      await app.close();
      await world.close();
    },
  };
}
