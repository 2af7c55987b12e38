// Keeps what V8 makes of the code of a bundle: `node keep-code.js BUNDLE TO`. For that the command is run once, as far as it
// comes without a database; all that is used on the way is compiled then.
require("./bound-heap.js");
const fs = require("node:fs");
const path = require("node:path");
const { codeKept, loadBundle } = require("./load-bundle.js");

const [bundle, to] = process.argv.splice(2, 2, "status", "-C", path.join(__dirname, ".."));
process.env.DATABASE_URL = "postgresql://127.0.0.1:1/none";
const { text, script, command } = loadBundle(bundle);
process.on("exit", () => fs.writeFileSync(to, codeKept(text, script)));
command.main();
