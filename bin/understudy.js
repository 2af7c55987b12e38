#!/usr/bin/env node
// A time without a zone means the same on every machine.
process.env.TZ = "UTC";
// As newer versions of Node have it. `pg` asks who it is run by, in another way where there is none, which loads all of `fetch`.
globalThis.navigator ??= { userAgent: `Node.js/${process.versions.node}` };
require("./bound-heap.js");
const { buildWhenNeeded, BUNDLE } = require("./build-when-needed.js");
const { loadBundle } = require("./load-bundle.js");

try {
  buildWhenNeeded();
} catch (error) {
  process.stderr.write(`understudy: ${error.message}\n`);
  process.exit(1);
}
loadBundle(BUNDLE).command.main();
