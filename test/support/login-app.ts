/** A world whose job checks logins with the customer's system, and the app that answers them. */
import { openApp } from "../../src/app";
import type { App } from "../../src/domain/app";
import { JOB, startSyncedWorld, type World } from "./world";

/** The `login:` of the job; a password is "of" and the name. */
export const LOGIN = `
login:
  deadline: 1s
  defaultRoles: [r2]
  password:
    kind: http
    post: /login
    json: { user: "{login}", secret: "{password}" }
    success: status = 200
    refused: status = 401
    disabled: status = 423
    subject: { key: body.id }
`;

/** What the customer's system does at logins, and how often it was asked. */
class Customer {
  /** What it answers to logins instead of looking. */
  status: number | null = null;
  /** What it answers to looks, that is, to requests of another method. */
  looked: number | null = null;
  asked = 0;

  serve(world: World): void {
    world.upstream.on("/login", ({ method, body }) => {
      if (method === "GET" && this.looked !== null) return { status: this.looked };
      this.asked += 1;
      const { user, secret } = JSON.parse(body || "{}");
      if (this.status !== null) return { status: this.status };
      const found = world.users.find(({ login }) => login === user);
      if (found === undefined || secret !== `of ${found.login}`) return { status: 401 };
      return found.state === "on" ? { body: { id: found.id } } : { status: 423 };
    });
  }
}

export class LoginApp {
  private constructor(
    readonly world: World,
    readonly customer: Customer,
    /** Opened anew by who restarts it. */
    public app: App,
  ) {}

  static async start(): Promise<LoginApp> {
    const customer = new Customer();
    const world = await startSyncedWorld({ "jobs/acme.yaml": `${JOB}${LOGIN}` }, (made) => customer.serve(made));
    const app = await openApp({
      home: world.home,
      env: { DATABASE_URL: world.databaseUrl, UPSTREAM_URL: world.upstream.url, LOGIN_HASH: "m=19456,t=2,p=1" },
      logLevel: "error",
    });
    return new LoginApp(world, customer, app);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.world.close();
  }

  login(name: string, password: string) {
    return this.app.login({
      source: "acme",
      credential: { kind: "password", login: name, password },
      client: { address: null },
    });
  }
}
