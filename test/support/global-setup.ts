import { makeTempDir } from "./temp-dir";
import { RUN_FOLDER } from "./test-run";

/** Makes the run's folder and no more: the first test that asks for a database starts the server in it. */
export default async function globalSetup(): Promise<void> {
  process.env[RUN_FOLDER] = (await makeTempDir("run")).path;
}
