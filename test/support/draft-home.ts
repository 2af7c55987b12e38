import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openApp } from "../../src/app";
import { loadProject } from "../../src/config/load-project";
import type { App } from "../../src/domain/app";
import type { InitAnswer, InitRequest } from "../../src/domain/init";
import { makeTempDir, type TempDir } from "./temp-dir";

/** For each test of a file a folder that `init` drafts into. */
export function withDraftHome() {
  let home: TempDir;
  let app: App;
  beforeEach(async () => {
    home = await makeTempDir("init");
    app = await openApp({ home: home.path, env: {}, logLevel: "error" });
  });
  afterEach(async () => {
    await app.close();
    await home.remove();
  });

  return {
    home: {
      get path() {
        return home.path;
      },
    },
    init: (parts: Partial<InitRequest> = {}): Promise<InitAnswer> =>
      app.init({
        source: "acme",
        document: "api.json",
        cwd: home.path,
        operations: {},
        force: false,
        dryRun: false,
        ...parts,
      }),
    /** Writes a document into it. */
    async put(document: unknown, name = "api.json"): Promise<void> {
      await writeFile(join(home.path, name), typeof document === "string" ? document : JSON.stringify(document));
    },
    read: (file: string): Promise<string> => readFile(join(home.path, file), "utf8"),
    /** The job that was drafted. */
    async load() {
      const { jobs, problems } = await loadProject({ home: home.path, env: {}, requireEnv: false });
      const [job] = jobs;
      if (job === undefined) throw new Error(`no job came of it: ${JSON.stringify(problems)}`);
      return job;
    },
  };
}
