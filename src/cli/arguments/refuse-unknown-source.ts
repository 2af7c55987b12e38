import type { App } from "../../domain/app";
import { noSuchSource } from "../../domain/no-source";
import type { CommandContext } from "../command";

/** @throws Failure USE002, with the name that was probably meant, when no job file describes the source */
export async function refuseUnknownSource({ home }: CommandContext, app: App, source: string): Promise<void> {
  const known = await app.sources();
  if (!known.includes(source)) throw noSuchSource(source, { home, known });
}
