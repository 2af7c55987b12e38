/** The examples of `deploy/` say nothing that the code does not know. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";
import { parse } from "yaml";
import type { OperateRequest } from "../../src/domain/app";
import { command } from "./cli/command";

const ROOT = join(__dirname, "..", "..");
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const explained = [...read(".env.example").matchAll(/^# ([A-Z_]+)=/gm)].map(([, name]) => name);

/** What the command line asks of the app, or its complaint. */
async function operated(argv: readonly string[]): Promise<Partial<OperateRequest> | string> {
  const requests: OperateRequest[] = [];
  const { exitCode, err } = await command(argv, { operate: async (request) => void requests.push(request) });
  return exitCode === 0 ? (requests[0] ?? "nothing was asked of the app") : err;
}

describe("understudy.service", () => {
  const lines = read("deploy/understudy.service")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const values = (key: string): string[] =>
    lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));

  test("has sections and assignments only, each section once", () => {
    expect(lines.filter((line) => line.startsWith("["))).toEqual(["[Unit]", "[Service]", "[Install]"]);
    expect(lines.filter((line) => !/^(\[\w+\]|[A-Z]\w+=.*)$/.test(line))).toEqual([]);
    const keys = lines.filter((line) => !line.startsWith("[")).map((line) => line.split("=")[0]);
    expect(keys).toEqual([...new Set(keys)]);
  });

  test("starts everything in one process", async () => {
    const [, program, ...argv] = values("ExecStart")[0]?.split(" ") ?? [];
    expect(existsSync(join(ROOT, program?.replace("/opt/understudy/", "") ?? ""))).toBe(true);
    expect(await operated(argv)).toMatchObject({ clock: true, worker: true, listens: true });
  });

  test("sets variables that exist", () => {
    const names = values("Environment").flatMap((value) => value.split(" ").map((one) => one.split("=")[0]));
    expect(names).toEqual(["UNDERSTUDY_HOME"]);
    expect(explained).toEqual(expect.arrayContaining(names));
  });

  test("waits for the end of runs, and does not start again what no start can mend", () => {
    expect(values("TimeoutStopSec")).toEqual(["30"]);
    expect(values("Restart")).toEqual(["on-failure"]);
    expect(values("RestartPreventExitStatus")).toEqual(["2 3"]);
  });
});

interface Service {
  readonly image: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly volumes: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: unknown;
}

describe("compose.yaml", () => {
  const { services, volumes } = parse(read("deploy/compose.yaml"), { merge: true }) as {
    readonly services: Readonly<Record<string, Service>>;
    readonly volumes: Readonly<Record<string, unknown>>;
  };
  const ours = Object.entries(services).filter(([, { image }]) => image === "understudy");

  test("has a scheduler, a worker, and what they need", () => {
    expect(Object.keys(services)).toEqual(["postgres", "redis", "schedule", "worker"]);
    expect(ours.map(([name]) => name)).toEqual(["schedule", "worker"]);
    for (const [, { depends_on }] of ours)
      for (const [name, { condition }] of Object.entries(depends_on ?? {}))
        expect({ condition, healthcheck: services[name]?.healthcheck }).toEqual({
          condition: "service_healthy",
          healthcheck: expect.anything(),
        });
  });

  test.each(ours)("%s: a command that exists, in a root that is read-only", async (name, service) => {
    expect(await operated(service.command)).toMatchObject({ clock: name === "schedule", worker: name === "worker" });
    expect(service).toMatchObject({ read_only: true, tmpfs: ["/tmp"] });
    expect(explained).toEqual(expect.arrayContaining(Object.keys(service.environment)));
    expect(service.environment).toMatchObject({ DATABASE_URL: expect.any(String), REDIS_URL: expect.any(String) });
    for (const volume of service.volumes)
      expect(volume).toMatch(/^\.\.\/(jobs|mappings|specs):\/srv\/understudy\/\1:ro$/);
  });

  test("Redis neither evicts nor forgets, and volumes are declared", () => {
    const said = services.redis?.command.join(" ");
    expect(said).toContain("--maxmemory-policy noeviction");
    expect(said).toContain("--appendonly yes");
    const used = ["postgres", "redis"].flatMap((name) => services[name]?.volumes ?? []);
    expect(used.map((volume) => volume.split(":")[0])).toEqual(Object.keys(volumes));
  });
});

describe("Containerfile", () => {
  const instructions = read("deploy/Containerfile")
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const last = instructions.slice(instructions.findLastIndex((line) => line.startsWith("FROM ")));
  const argumentsOf = (name: string, from = last): string[] =>
    from.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1).trim());
  const copied = argumentsOf("COPY", instructions)
    .filter((line) => !line.startsWith("--from="))
    .flatMap((line) => line.split(" ").slice(0, -1));

  test("builds in stages; the last takes only what runs, as a user who is not root", () => {
    expect(argumentsOf("FROM", instructions)).toEqual([
      "node:22-slim AS build",
      "node:22-slim AS packages",
      "node:22-slim",
    ]);
    expect(argumentsOf("RUN", instructions)).toContain("npm ci --omit=dev");
    expect(argumentsOf("USER")).toEqual(["1000:1000"]);
    expect(argumentsOf("STOPSIGNAL")).toEqual(["SIGTERM"]);
    expect(last.join("\n")).not.toMatch(/npm|COPY (src|test|demo)/);
  });

  test("copies what is there and what `.dockerignore` lets through, and the build has all its sources", () => {
    expect(copied.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
    const admitted = [...read(".dockerignore").matchAll(/^!(.*)$/gm)].map(([, file]) => file);
    expect([...admitted].sort()).toEqual([...new Set(copied)].sort());
    const { include } = JSON.parse(read("tsconfig.build.json")) as { readonly include: readonly string[] };
    expect(copied).toEqual(expect.arrayContaining([...include]));
  });

  test("starts a command that exists, with variables that exist", async () => {
    const [, program] = JSON.parse(argumentsOf("ENTRYPOINT")[0] ?? "[]") as string[];
    expect(existsSync(join(ROOT, program?.replace("/app/", "") ?? ""))).toBe(true);
    expect(await operated(JSON.parse(argumentsOf("CMD")[0] ?? "[]"))).toMatchObject({ clock: true, worker: true });
    const names = [...(argumentsOf("ENV")[0] ?? "").matchAll(/([A-Z_]+)=/g)].map(([, name]) => name);
    expect(names).toEqual(["UNDERSTUDY_HOME", "HTTP_HOST", "HTTP_PORT"]);
    expect(explained).toEqual(expect.arrayContaining(names));
  });

  test("its health check is JavaScript that asks /healthz", () => {
    const [, , source = ""] = JSON.parse(argumentsOf("HEALTHCHECK")[0]?.replace(/^.*?CMD /, "") ?? "[]") as string[];
    expect(() => new Script(source)).not.toThrow();
    expect(source).toContain("/healthz");
  });
});
