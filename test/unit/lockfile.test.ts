/** npm leaves out packages for other platforms when a registry does not serve them, and then refuses its own lockfile. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Locked {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const packages: Readonly<Record<string, Locked>> = JSON.parse(
  readFileSync(join(__dirname, "..", "..", "package-lock.json"), "utf8"),
).packages;

test("the lockfile holds every platform's packages, so that `npm ci` works everywhere", () => {
  const missing = Object.entries(packages).flatMap(([where, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages) && !(`${where}/node_modules/${name}` in packages),
    ),
  );
  expect(missing).toEqual([]);
});
