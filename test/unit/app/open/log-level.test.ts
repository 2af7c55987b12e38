import { openAdapters } from "../../../../src/app/open/adapters";
import { withFolder } from "../../config/project-folder";

test.each([
  [{ lasting: false }, ["warn"]],
  [{ lasting: true }, ["info", "warn"]],
  [{ lasting: false, logLevel: "info" }, ["info", "warn"]],
  [{ lasting: true, env: { LOG_LEVEL: "error" } }, []],
])("what is logged off a terminal with %j", async (options, shown) => {
  const lines: string[] = [];
  const write = jest.spyOn(process.stderr, "write").mockImplementation((line) => lines.push(String(line)) > 0);
  try {
    await withFolder({}, async (home) => {
      const { log } = openAdapters({ home, env: {}, logLevel: null, ...options });
      log.info("a request was tried again");
      log.warn("a slow answer");
    });
  } finally {
    write.mockRestore();
  }
  expect(lines.map((line) => JSON.parse(line).level)).toEqual(shown);
});
