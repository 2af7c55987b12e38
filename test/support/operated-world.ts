/** A world whose source runs every night, and the processes that an operator starts there, out of the build. */
import { realCommand } from "./real-command";
import { type Service, startService } from "./service";
import { JOB, startWorld } from "./world";

const NIGHTLY = 'schedule: { cron: "0 3 * * *", timezone: Europe/Berlin, grace: 12h }\n';

/** What a command said, and how it ended. */
export interface Said {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

type Environment = Readonly<Record<string, string>>;
export type OperatedWorld = Awaited<ReturnType<typeof startOperatedWorld>>;

export async function startOperatedWorld() {
  const world = await startWorld({ "jobs/acme.yaml": JOB + NIGHTLY });
  const environment = { DATABASE_URL: world.databaseUrl, REDIS_URL: "", UPSTREAM_URL: world.upstream.url };
  const started: Service[] = [];

  const start = (args: readonly string[], env: Environment = {}): Service => {
    const process = startService(args, { home: world.home, env: { ...environment, ...env } });
    started.push(process);
    return process;
  };
  const service = async (args: readonly string[], env: Environment = {}): Promise<Service> => {
    const process = start(args, env);
    await process.says("ready");
    return process;
  };

  return {
    world,
    environment,
    start,
    /** Started, and ready. */
    service,
    up: (env: Environment = {}) => service(["up", "--port", "0"], env),
    /** A command that asks or leaves something, as another terminal runs it: in this process, which spares the time to start one. */
    understudy: (args: readonly string[], env: Environment = {}): Promise<Said> =>
      realCommand(world.home, args, { env: { ...environment, ...env } }),
    async close(): Promise<void> {
      await Promise.all(started.map((process) => process.end("SIGKILL")));
      await world.close();
    },
  };
}
