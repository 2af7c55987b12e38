// Keeps what V8 makes of the code of a bundle: `node keep-code.js FILE`. For that the command is run once, as far as it comes
// without a database; all that is used on the way is compiled then.
require("./bound-heap.js");
const path = require("node:path");
const { keepCode, loadBundle } = require("./load-bundle.js");

const [file] = process.argv.splice(2, 1, "status", "-C", path.join(__dirname, ".."));
process.env.DATABASE_URL = "postgresql://127.0.0.1:1/none";
const { script, command } = loadBundle(file);
process.on("exit", () => keepCode(file, script));
command.main();
