import { checkCredentials } from "../../../../src/app/answers/check-credentials";
import { Failure } from "../../../../src/domain/errors";
import type { Job } from "../../../../src/domain/job";
import { silentLog } from "../../../../src/domain/log";
import type { Upstream } from "../../../../src/domain/upstream";
import { jobAt, streamOf } from "../../../support/upstream-job";

const SOURCES = ["acme", "beta", "corp", "dora"];

test("a bug that one source brings to light keeps no other from being told", async () => {
  const openUpstream = ({ source }: Job): Upstream => {
    const pages = async function* (): AsyncGenerator<never> {
      if (source === "beta") throw new TypeError("Cannot read properties of undefined");
      if (source === "corp") throw new Failure("UPS007", "has a bad certificate", { fix: "have it repaired" });
      yield* [];
    };
    return { pages, close: async () => undefined } as unknown as Upstream;
  };
  const debug = jest.fn();
  const log = { ...silentLog, debug, maskValues: () => undefined, maskFields: () => undefined };
  const jobs = {
    names: async () => SOURCES,
    load: async (source: string): Promise<Job> => {
      if (source === "dora") throw new RangeError("Invalid array length");
      return { ...jobAt("https://api.example"), source, streams: [streamOf(null)] };
    },
  } as unknown as Parameters<typeof checkCredentials>[1];
  const fix = "please report it with the lines that --log-level debug prints";
  await expect(checkCredentials({ openUpstream, log }, jobs)).resolves.toEqual([
    { name: "credentials", state: "ok", message: "acme answers", fix: null },
    { name: "bug", state: "error", message: "beta: this is a bug: Cannot read properties of undefined", fix },
    { name: "credentials", state: "warning", message: "corp: has a bad certificate", fix: "have it repaired" },
    { name: "bug", state: "error", message: "dora: this is a bug: Invalid array length", fix },
  ]);
  expect(debug).toHaveBeenCalledWith(expect.any(String), { source: "beta", error: expect.any(TypeError) });
});
