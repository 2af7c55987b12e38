import type { PageRecords } from "../../domain/page-records";
import { digestsOf } from "./digest";
import { type Paths, textOf } from "./value-text";

/** Records that are parsed already. Their digests are over their values, without what is ignored. */
export const parsedRecords = (values: readonly unknown[], ignored: Paths): PageRecords => ({
  length: values.length,
  digests: digestsOf(values.length, (index) => textOf(values[index], ignored)),
  parse: (begin, end) => values.slice(begin, end),
});
