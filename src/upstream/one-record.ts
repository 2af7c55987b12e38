import { Failure } from "../domain/errors";
import { EACH_VALUE, type OneSpec } from "../domain/job";
import { isJsonObject } from "../domain/json";
import type { OneRecord } from "../domain/upstream";
import type { Answer } from "./http/http-client";
import type { Limits } from "./http/limits";
import { readJson } from "./http/read-json";
import { listAt } from "./pages/list-at";

/** Statuses that say of one record that it is gone. */
export const GONE: readonly number[] = [404, 410];

/** Only 404 and 410 witness that a record is gone; an answer without exactly one record witnesses nothing (UPS016, UPS013). */
export const readOne = (answer: Answer, { records: path }: OneSpec, shown: string, limits: Limits): OneRecord => {
  if (GONE.includes(answer.status)) return { found: false, status: answer.status };
  const found = answer.body.length === 0 ? null : listAt(readJson(answer, shown, limits, "one"), path);
  const list = Array.isArray(found) ? found : [found];
  const [record] = list;
  if (list.length === 0 || record === null || record === undefined)
    throw new Failure(
      "UPS016",
      `${shown} answered with status ${answer.status} and no record, which proves nothing about it`,
      {
        fix: "describe under `one` an address that answers 404 for a record that is gone",
      },
    );
  // Where values are taken, those of the record itself are no records, however many there are.
  const takesValues = path.at(-1) === EACH_VALUE;
  const isSeveral = list.length > 1 && (!takesValues || list.every(isJsonObject));
  if (list.length > 1 || !isJsonObject(record))
    throw new Failure(
      "UPS013",
      `${shown} answered with ${isSeveral ? `${list.length} records` : "something that is no record"} where one record is expected`,
      {
        fix: `check \`one\`: its address has to name one record by \`{key}\`${takesValues ? ", and `one.records` takes the value of an object with `*`" : ""}`,
      },
    );
  return { found: true, record };
};
