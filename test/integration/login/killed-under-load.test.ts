/**
 * The customer's system is killed under a load of logins: no right password is refused, and no wrong one accepted. Real HTTP, a
 * real database, everything as the service has it.
 */
import { openApp } from "../../../src/app";
import type { LoginAnswer } from "../../../src/domain/login";
import { crowd, JOB, startSyncedWorld, type World } from "../../support/world";

const LOGIN = `
login:
  password:
    kind: http
    post: /login
    json: { user: "{login}", secret: "{password}" }
    success: status = 200
    refused: status = 401
    subject: { key: body.id }
`;

const PEOPLE = 20;
/** In flight at once: fewer than there are places in the queue. */
const AT_ONCE = 10;
const ROUNDS = 5;

const prepare = (made: World): void => {
  made.users = crowd(20);
  made.upstream.on("/login", ({ body }) => {
    const { user, secret } = JSON.parse(body);
    const found = made.users.find(({ login }) => login === user);
    return found !== undefined && secret === `of ${found.login}` ? { body: { id: found.id } } : { status: 401 };
  });
};

test("no right password is refused and no wrong one accepted", async () => {
  const world = await startSyncedWorld({ "jobs/acme.yaml": `${JOB}${LOGIN}` }, prepare);
  const app = await openApp({
    home: world.home,
    env: { DATABASE_URL: world.databaseUrl, UPSTREAM_URL: world.upstream.url, LOGIN_HASH: "m=19456,t=2,p=1" },
    logLevel: "error",
  });
  const login = (name: string, password: string): Promise<LoginAnswer> =>
    app.login({ source: "acme", credential: { kind: "password", login: name, password }, client: { address: null } });
  try {
    // Half of them were let in before; of the others nothing is known when it happens.
    for (let i = 1; i <= PEOPLE / 2; i += 1) expect((await login(`user${i}`, `of user${i}`)).result).toBe("accepted");
    const tries = Array.from({ length: ROUNDS }, (_, round) =>
      Array.from({ length: PEOPLE }, (_, i) => ({ name: `user${i + 1}`, isRight: (i + round) % 4 !== 0 })),
    ).flat();
    const seen: string[] = [];
    let next = 0;
    const attempt = async (): Promise<void> => {
      for (let one = tries[next++]; one !== undefined; one = tries[next++]) {
        const { result, ...answer } = await login(one.name, one.isRight ? `of ${one.name}` : "a guess");
        const basis = "basis" in answer ? ` ${answer.basis}` : "";
        seen.push(`${one.isRight ? "right" : "wrong"} ${result}${basis}`);
        // In the middle of it, with requests under way.
        if (seen.length === tries.length / 4) void world.upstream.close();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, attempt));
    expect(seen).toHaveLength(tries.length);
    const kinds = new Set(seen);
    expect(kinds).not.toContain("right refused");
    expect([...kinds].filter((kind) => kind.startsWith("wrong accepted"))).toEqual([]);
    // It was live before and the mirror's after, or this has shown nothing.
    expect([...kinds]).toEqual(
      expect.arrayContaining(["right accepted live", "right accepted mirror", "wrong refused"]),
    );
  } finally {
    await app.close();
    await world.close();
  }
}, 120_000);
