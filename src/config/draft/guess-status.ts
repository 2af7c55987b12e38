import type { Sureness } from "../../domain/init";
import type { Json } from "../../domain/json";
import type { DraftedField, Read } from "./drafted";
import { PLAIN_CONTAINERS } from "./field-words";
import { isFlag, isText, pathText, type RecordField } from "./record-fields";
import { plainName } from "./words";

const STATES = [
  ...["status", "state", "accountstatus", "userstatus", "accountstate", "userstate", "lifecyclestate"],
  ...["lifecyclestatus", "employmentstatus", "activestatus"],
];
const ON = ["active", "enabled", "isactive", "isenabled", "accountenabled", "activated", "isactivated"];
const OFF = [
  ...["disabled", "isdisabled", "isforbidden", "forbidden", "blocked", "isblocked", "isdeleted", "deleted"],
  ...["suspended", "issuspended", "deactivated", "isdeactivated", "inactive", "isinactive", "archived", "isarchived"],
  ...["banned", "isbanned", "locked", "islocked", "accountdisabled"],
];

/**
 * Words for people who may sign in, and for people who may again as soon as something is settled. Everything else may
 * not.
 */
const ACTIVE =
  /^(?:active|activated|enabled?|ok|okay|normal|current|employed|valid|confirmed|live|working|open|on|a|yes|true)$/;
const LOCKED = /^(?:locked(?:out)?|suspended?|onhold|paused|passwordexpired|expiredpassword|recovery|blocked|frozen)$/;

/** What a value of somebody's state means to us; whatever is not known fails closed. */
export const statusFor = (value: string): "active" | "locked" | "disabled" => {
  const word = plainName(value);
  return ACTIVE.test(word) ? "active" : LOCKED.test(word) ? "locked" : "disabled";
};

/** How a person's status comes about. Nothing that is not surely known to be active is active. */
export function guessStatus(fields: readonly RecordField[]): DraftedField {
  const near = fields.filter(({ path }) => path.slice(0, -1).every((name) => PLAIN_CONTAINERS.has(plainName(name))));
  const named = (words: readonly string[], fits: (field: RecordField) => boolean) =>
    words.flatMap((word) => near.filter((field) => plainName(field.path.at(-1) ?? "") === word && fits(field)));
  const flag = ({ shape }: RecordField) => isFlag(shape);
  const [state] = named(STATES, ({ shape }) => isText(shape) && !isFlag(shape));
  if (state !== undefined) return fromState(state);
  const [on] = named(ON, flag);
  if (on !== undefined) {
    return status(
      [pathText(on.path)],
      [on],
      { map: { true: "active", _: "disabled" }, ...unlessAlways(on) },
      "sure",
      null,
    );
  }
  const [off, ...more] = named(OFF, flag);
  if (off === undefined) return fromNothing();
  const isLock = /lock|suspend/.test(plainName(off.path.at(-1) ?? "")) && more.length === 0;
  const map = { false: "active", true: isLock ? "locked" : "disabled", _: "disabled" };
  if (more.length === 0) return status([pathText(off.path)], [off], { map, ...unlessAlways(off) }, "sure", null);
  const all = [off, ...more];
  const either = all.map(({ path }) => pathText(path)).join(" or ");
  return status(
    [either],
    all,
    { map: { false: "active", _: "disabled" } },
    "likely",
    "a flag that is absent counts as false",
  );
}

function fromState(state: RecordField): DraftedField {
  const { shape } = state;
  const from = [pathText(state.path)];
  if (shape.values !== null && shape.values.length > 0) {
    const map = Object.fromEntries(shape.values.map((value) => [String(value), statusFor(String(value))]));
    const isOpen = Object.values(map).includes("active");
    const words = { map: { ...map, _: "disabled" }, ...unlessAlways(state) };
    const comment = isOpen ? null : "which of these may sign in? nobody can until one becomes `active`";
    return status(from, [state], words, isOpen ? "likely" : "guess", comment);
  }
  const map: Record<string, Json> = { active: "active", ACTIVE: "active", enabled: "active", ENABLED: "active" };
  const comment = "the document does not list the values: write those that may sign in";
  return status(from, [state], { map: { ...map, _: "disabled" }, ...unlessAlways(state) }, "guess", comment);
}

/** Everybody who is listed can sign in: there is nothing else to go by, and a person must decide. */
const fromNothing = (): DraftedField =>
  status(['"active"'], [], {}, "guess", "nothing in the records tells who may sign in, so everybody listed may");

/** Repeated on purpose: a missing status means inactive, not a reject that would keep the old state. */
const unlessAlways = ({ always }: RecordField): { readonly default?: string } =>
  always ? {} : { default: "disabled" };

function status(
  from: readonly string[],
  fields: readonly RecordField[],
  words: Readonly<Record<string, Json>>,
  sureness: Sureness,
  comment: string | null,
): DraftedField {
  const isFor = (value: string) =>
    typeof words.map === "object" && words.map !== null && Reflect.get(words.map, value) === "active";
  // An ordinary person is active: flags are set so that they say so.
  const sample = isFor("true") ? true : isFor("false") ? false : undefined;
  const reads: readonly Read[] = fields.map(({ path, shape }) => ({
    path,
    shape,
    field: "status",
    ...(sample === undefined ? {} : { sample }),
  }));
  return { name: "status", from, words, reads, sureness, comment };
}
