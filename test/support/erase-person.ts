/** People to be erased: a source that keeps what it read and knows of logins, and how somebody leaves it and is erased. */
import type { Trigger } from "../../src/domain/runs";
import { EraseStore } from "../../src/mirror/erase/erase-store";
import { SealStore } from "../../src/mirror/seal-store";
import { JOB, startWorld, USERS, type World } from "./world";

const LOGIN = `
keepRaw: { redact: [] }
login:
  deadline: 1s
  password:
    kind: http
    post: /login
    json: { user: "{login}", secret: "{password}" }
    success: status = 200
    refused: status = 401
    subject: { key: body.id }
`;

export const startEraseWorld = (): Promise<World> =>
  startWorld({
    "jobs/acme.yaml": `${JOB}${LOGIN}`,
    "mappings/acme/users.yaml": USERS.replace("username: { from: login,", "username: { from: login, pii: true,"),
  });

export const trigger: Trigger = { kind: "cli", by: "ops@desk", reason: "request 815" };

export const erase = async (
  world: World,
  key: string,
  {
    expect: count = null,
    source = "acme",
    reason = "request 815",
  }: { expect?: number | null; source?: string; reason?: string } = {},
) => {
  await new SealStore(world.database).seal(5_000);
  return new EraseStore(world.database).erase({ source, key, expect: count, trigger: { ...trigger, reason } });
};

export const leave = async (world: World, id: string) => {
  world.users = world.users.filter((one) => one.id !== id);
  for (let run = 0; run < 2; run += 1) await world.sync();
};
