const { setFlagsFromString } = require("node:v8");

// Pages pass through and little lives on; by default V8 collects when the heap is up to four times as large as what did.
setFlagsFromString("--heap-growing-percent=100");
