// Builds `dist/` when it is missing or was made from other sources. Talks on standard error only.
const { createHash } = require("node:crypto");
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const ROOT = path.join(__dirname, "..");
const DIST = path.join(ROOT, "dist");
const STAMP = path.join(DIST, ".built-from");
const BUNDLE = path.join(DIST, "understudy.js");
const COMPILER = path.join(ROOT, "node_modules", "typescript", "bin", "tsc");
const SOURCES = [
  ...["src", "schemas", "demo", "bench", "conformance", "tsconfig.json", "tsconfig.build.json", "bin"],
  // Written whenever packages are installed.
  "node_modules/.package-lock.json",
];

/** Names, sizes and times of all sources: changes with every edit, addition and removal, and costs a few milliseconds. */
function fingerprint() {
  const hash = createHash("sha256").update(process.version);
  const visit = (file) => {
    const found = fs.statSync(file, { throwIfNoEntry: false });
    if (found === undefined) return;
    if (found.isDirectory()) for (const name of fs.readdirSync(file).sort()) visit(path.join(file, name));
    else hash.update(`${path.relative(ROOT, file)} ${found.size} ${found.mtimeMs}\n`);
  };
  for (const source of SOURCES) visit(path.join(ROOT, source));
  return hash.digest("hex");
}

/** Moves file by file: each is whole at every moment, so a command that runs meanwhile finds what it looks for. */
function moveInto(from, to) {
  fs.mkdirSync(to, { recursive: true });
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) moveInto(source, target);
    else fs.renameSync(source, target);
  }
}

const run = (script, ...args) =>
  spawnSync(process.execPath, [script, ...args], { cwd: ROOT, stdio: ["ignore", 2, 2] }).status;

function build(stamp) {
  fs.mkdirSync(DIST, { recursive: true });
  // A folder of its own, so that two commands at once do not write the same files.
  const fresh = fs.mkdtempSync(path.join(DIST, ".building-"));
  try {
    const options = ["-p", path.join(ROOT, "tsconfig.build.json"), "--outDir", fresh];
    if (run(COMPILER, ...options) !== 0) throw new Error("the sources do not compile; see above");
    moveInto(fresh, DIST);
    const bundle = path.join(fresh, path.basename(BUNDLE));
    if (run(path.join(__dirname, "bundle.js"), DIST, bundle) !== 0)
      throw new Error("what was compiled cannot be put together; see above");
    fs.renameSync(bundle, BUNDLE);
    // Whatever comes of it: without, commands only start later.
    const keepCode = [path.join(__dirname, "keep-code.js"), BUNDLE, `${bundle}.code`];
    spawnSync(process.execPath, keepCode, { stdio: "ignore", timeout: 60_000 });
    moveInto(fresh, DIST);
    fs.writeFileSync(`${fresh}/stamp`, stamp);
    fs.renameSync(`${fresh}/stamp`, STAMP);
  } finally {
    fs.rmSync(fresh, { recursive: true, force: true });
  }
}

/** Makes sure that `dist/` can be run. Throws an Error with a message for people when it cannot. */
function buildWhenNeeded() {
  const isBuilt = fs.existsSync(BUNDLE);
  const isPackage = !fs.existsSync(path.join(ROOT, "src"));
  if (isPackage && isBuilt) return;
  const stamp = fingerprint();
  if (isBuilt && fs.existsSync(STAMP) && fs.readFileSync(STAMP, "utf8") === stamp) return;
  if (!fs.existsSync(COMPILER)) {
    if (isBuilt) return;
    throw new Error("not built, and TypeScript is not installed to do so; run: npm ci");
  }
  process.stderr.write("building, once …\n");
  try {
    build(stamp);
  } catch (error) {
    // A checkout that this user may not write to runs as it was last built.
    if (!isBuilt || !["EACCES", "EROFS"].includes(error.code)) throw error;
  }
}

module.exports = { BUNDLE, buildWhenNeeded };

// As `npm run build`: what is installed for a user who may not write to it is built by who may.
if (require.main === module) {
  try {
    buildWhenNeeded();
  } catch (error) {
    process.stderr.write(`build: ${error.message}\n`);
    process.exit(1);
  }
}
