/** Imported first by processes that do the work of the command: their heap is bounded as the command's is. */
import { join } from "node:path";
import { packageRoot } from "../../src/config/package-root";

require(join(packageRoot(), "bin", "bound-heap.js"));
