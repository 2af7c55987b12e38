import { InvalidArgumentError } from "commander";
import type { OperateRequest } from "../domain/app";
import { EXIT } from "../domain/exit-codes";
import { type AddCommand, examples } from "./command";

interface Listening {
  readonly host?: string;
  readonly port?: number;
}

/** The processes that stay. Told to end, they leave with 0: that is how they are meant to end. */
const PARTS: readonly {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly part: Pick<OperateRequest, "clock" | "worker" | "api" | "listens">;
}[] = [
  {
    name: "up",
    summary: "everything in one process: database, scheduler, worker, HTTP",
    description:
      "Runs what the schedules say, works what `sync` asks for, and answers applications over HTTP, until it is told to end.",
    part: { clock: true, worker: true, api: true, listens: true },
  },
  {
    name: "worker",
    summary: "work what the schedule and `sync` ask for",
    description:
      "Takes runs from the queue and works them, next to any number of other workers, until it is told to end.",
    part: { clock: false, worker: true, api: false, listens: false },
  },
  {
    name: "serve",
    summary: "answer applications over HTTP",
    description:
      "Serves the login and identity API, next to any number of other servers, until it is told to end. Applications need a key.",
    part: { clock: false, worker: false, api: true, listens: true },
  },
  {
    name: "schedule",
    summary: "put runs into the queue when their time has come",
    description:
      "Looks after the schedules of all sources, next to any number of other schedulers, until it is told to end. Each slot runs once.",
    part: { clock: true, worker: false, api: false, listens: false },
  },
];

export const addOperate: AddCommand = (program, perform) => {
  for (const { name, summary, description, part } of PARTS) {
    const port = part.listens ? "default: HTTP_PORT, else 7077" : "default: HTTP_PORT, else it does not listen";
    program
      .command(name)
      .summary(summary)
      .description(description)
      .option("--host <address>", "the address to listen at (default: HTTP_HOST, else 127.0.0.1)")
      .option("--port <number>", `its port, 0 for any that is free (${port})`, portNumber)
      .addHelpText("before", examples(`understudy ${name}`, `understudy ${name} --host 0.0.0.0 --port 9090`))
      .action((listening: Listening) =>
        perform({ name, table: false, lasting: true }, ({ withApp, interruption }) =>
          withApp(async (app) => {
            const at = { host: listening.host ?? null, port: listening.port ?? null };
            await app.operate({ ...part, ...at, signal: interruption.signal });
            return EXIT.done;
          }),
        ),
      );
  }
};

function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError("it must be a number from 0 to 65535");
  return Number(text);
}
