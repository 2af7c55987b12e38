/**
 * The customer of the how-to pages: `corp`, whose API and files docs/how-to/first-source.md describes, with 240 people.
 *
 *     const corp = await startCorp();
 *     corp.events["twenty people have left"]?.();
 *     ...
 *     await corp.close();
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Reply, startUpstreamServer } from "./upstream-server";

interface Person {
  readonly id: number;
  readonly loginName: string;
  readonly enabled: boolean;
  readonly mail: string;
  readonly roles: readonly { readonly id: number }[];
  readonly proof?: { readonly hash: string };
}

export interface Corp {
  /** What stands for https://directory.corp.example/api. */
  readonly url: string;
  /** What can happen there, by the words of the pages. */
  readonly events: Readonly<Record<string, () => void | Promise<void>>>;
  close(): Promise<void>;
}

const everybody = (): Person[] => [
  ...Array.from({ length: 239 }, (_, n) => person(n + 1, `login${n + 1}`)),
  person(4711, "Ada.Weber"),
];

const person = (id: number, loginName: string): Person => ({
  id,
  loginName,
  enabled: true,
  mail: `${loginName}@corp.example`,
  roles: [{ id: 7 }],
});

/** bcrypt, as their system keeps it, of the password that Ada knows. */
const ADAS_HASH = "$2b$10$R0E7y995HOTw8KDTT.b7ROfAAF4b.k5.W6DpNMobHd8to4rCmS.tK";

const LONG_AGO = "2026-01-01T00:00:00.000Z";

/** @param home the reader's home folder, where new tokens are handed out */
export async function startCorp(home: string): Promise<Corp> {
  const server = await startUpstreamServer();
  let people = everybody();
  let token = "the-token-they-gave-you";
  let tellsChanges = false;
  const changedAt = new Map<number, string>();
  let isDown = false;
  let roles = [
    { id: 7, label: "Depot clerk" },
    { id: 9, label: "Price controller" },
  ];
  const told: string[] = [];
  const wasTold = (state: string) => () => {
    if (told.at(-1) !== state) throw new Error(`the webhook was told: ${told.join(", ")}`);
  };
  server.on("/understudy", ({ body }) => {
    told.push((JSON.parse(body) as { state: string }).state);
    return { status: 204 };
  });
  server.gate(({ headers, path }): Reply | null => {
    if (path === "/understudy") return null;
    if (isDown) return { status: 503 };
    return headers.authorization === `Bearer ${token}` ? null : { status: 401, body: { error: "invalid_token" } };
  });
  server.on("/api/login", ({ body }) => {
    const { user, secret } = JSON.parse(body || "{}") as { user?: string; secret?: string };
    const found = people.find(({ loginName }) => loginName.toLowerCase() === user?.toLowerCase());
    return found !== undefined && secret === `${found.loginName} knows it`
      ? { body: { id: found.id } }
      : { status: 401, body: { error: "invalid_credentials" } };
  });
  server.on("/api/roles", () => ({ body: { roles } }));
  server.on("/api/users", ({ query }) => {
    const [offset, limit] = [Number(query.get("offset") ?? 0), Number(query.get("limit") ?? 50)];
    const [since, role] = [query.get("changed_since"), query.get("role")];
    const told = tellsChanges
      ? people.map((one) => ({ ...one, changedAt: changedAt.get(one.id) ?? LONG_AGO }))
      : people;
    const asked = told
      .filter((one) => since === null || !("changedAt" in one) || String(one.changedAt) >= since)
      .filter(({ roles }) => role === null || roles.some(({ id }) => String(id) === role));
    return { body: { users: asked.slice(offset, offset + limit), meta: { total: asked.length } } };
  });
  server.on("/api/users/{id}", ({ params }) => {
    const found = people.find(({ id }) => String(id) === params.id);
    return found === undefined ? { status: 404, body: { error: "no such user" } } : { body: found };
  });

  return {
    url: `${server.url}/api`,
    events: {
      "the list of users is empty": () => {
        people = [];
      },
      "everybody is back": () => {
        people = everybody();
      },
      "twenty people have left": () => {
        people = everybody().filter(({ id }) => id < 220 || id > 239);
      },
      "4711 was given the role 9": () => {
        people = people.map((one) => (one.id === 4711 ? { ...one, roles: [{ id: 7 }, { id: 9 }] } : one));
      },
      "it is restored from a backup of a month ago": () => {
        // Since then, people with the highest numbers have joined, two have left, and Ada was given a role.
        const left = [person(301, "login301"), person(302, "login302")];
        people = [...everybody().filter(({ id }) => id < 220 || id === 4711), ...left];
      },
      "it answers with another customer's people": () => {
        people = Array.from({ length: 180 }, (_, n) => person(9_001 + n, `stranger${n + 1}`));
      },
      "the role 7 has another name": () => {
        roles = roles.map((role) => (role.id === 7 ? { ...role, label: "Warehouse clerk" } : role));
      },
      "the role 7 has become the role 17": () => {
        roles = roles.map((role) => (role.id === 7 ? { id: 17, label: "Warehouse clerk" } : role));
        people = people.map((one) => ({ ...one, roles: one.roles.map(({ id }) => ({ id: id === 7 ? 17 : id })) }));
      },
      "the webhook was told that it is held": wasTold("held"),
      "the webhook was told that it is fresh": wasTold("fresh"),
      "it tells what changed": () => {
        tellsChanges = true;
      },
      "4711 was renamed, and 230 has left": () => {
        changedAt.set(4711, new Date().toISOString());
        people = people
          .filter(({ id }) => id !== 230)
          .map((one) => (one.id === 4711 ? { ...one, mail: "ada.west@corp.example" } : one));
      },
      "230 has left": () => {
        people = people.filter(({ id }) => id !== 230);
      },
      "an import has gone wrong": () => {
        people = everybody().map((one) => {
          if (one.id === 4711) return { ...one, roles: [{ id: 7 }, { id: 9 }] };
          if (one.id === 230) return { ...one, mail: "office@corp.example" };
          return one.id === 231 || one.id === 232 ? { ...one, enabled: false } : one;
        });
      },
      "the address of 230 was corrected": () => {
        people = people.map((one) => (one.id === 230 ? { ...one, mail: "reception@corp.example" } : one));
      },
      "a new token is valid, the old one no longer": () => {
        token = "the-new-token";
      },
      "a new token is handed out, the old one is no longer valid": async () => {
        token = "the-newest-token";
        await mkdir(home, { recursive: true });
        await writeFile(join(home, "corp-token"), `${token}\n`);
      },
      "it sends the hashes of passwords": () => {
        people = people.map((one) => {
          if (one.id === 4711) return { ...one, proof: { hash: ADAS_HASH } };
          return one.id <= 3 ? { ...one, proof: { hash: "5f4dcc3b5aa765d61d8327deb882cf99" } } : one;
        });
      },
      "their system is down": () => {
        isDown = true;
      },
      "their system is up again": () => {
        isDown = false;
      },
      "the token is no longer valid": () => {
        token = "nobody-knows";
      },
    },
    close: () => server.close(),
  };
}
