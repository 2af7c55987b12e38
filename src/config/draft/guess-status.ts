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
const ON = [
  ...["active", "enabled", "isactive", "isenabled", "accountenabled", "activated", "isactivated"],
  // Spring Security lets in whoever passes all of them.
  ...["accountnonlocked", "accountnonexpired", "credentialsnonexpired"],
];
const OFF = [
  ...["disabled", "isdisabled", "isforbidden", "forbidden", "blocked", "isblocked", "isdeleted", "deleted"],
  ...["suspended", "issuspended", "deactivated", "isdeactivated", "inactive", "isinactive", "archived", "isarchived"],
  ...["banned", "isbanned", "locked", "islocked", "lockedout", "islockedout"],
  ...["accountdisabled"],
];
/** When somebody was shut out. Told, but not read: what stands there for "never" differs from API to API. */
const OFF_SINCE =
  /^(?:disabled|blocked|deleted|suspended|deactivated|archived|banned|locked|lockedout)(?:at|on|date|time|datetime)$/;

/**
 * Words for people who may sign in, and for people who may again as soon as something is settled. Everything else may
 * not.
 */
const ACTIVE =
  /^(?:active|activated|enabled?|ok|okay|normal|current|employed|valid|confirmed|live|working|open|on|a|yes|true)$/;
const LOCKED = /^(?:locked(?:out)?|suspended?|onhold|paused|passwordexpired|expiredpassword|recovery|blocked|frozen)$/;

/** Words for people who are no longer there. */
const REMOVED = /^(?:deprovisioned|deleted|removed|purged|erased|destroyed|softdeleted)$/;

/** What a value of somebody's state means to us; whatever is not known fails closed. */
export const statusFor = (value: string): "active" | "locked" | "disabled" => {
  const word = plainName(value);
  return ACTIVE.test(word) ? "active" : LOCKED.test(word) ? "locked" : "disabled";
};

/** How a person's status comes about. Nothing that is not surely known to be active is active. */
export function guessStatus(fields: readonly RecordField[]): DraftedField {
  const near = nearOf(fields);
  const flags = (words: readonly string[]): Flags => named(near, words, ({ shape }) => isFlag(shape));
  const [on, off] = [flags(ON), flags(OFF)];
  const state = stateOf(near);
  const times = near.filter((field) => OFF_SINCE.test(lastName(field)) && isText(field.shape));
  // A text of any value may as well be a province; a flag that lets in says what it means.
  if (state === undefined) return unlessUnread(fromFlags(on, off), times);
  if (on.length > 0 && !isListed(state)) return unlessUnread(fromFlags(on, off), [state, ...times]);
  return unlessUnread(fromState(state, on, off), times);
}

/**
 * The condition by which somebody's state says that they are gone, for a job's `deletes`; null where no value of it does, or none
 * says that anybody may sign in.
 */
export function removedWhen(fields: readonly RecordField[]): string | null {
  const state = stateOf(nearOf(fields));
  const values = (state?.shape.values ?? []).map(String);
  const gone = values.filter((value) => REMOVED.test(plainName(value))).map((value) => JSON.stringify(value));
  if (state === undefined || gone.length === 0 || !values.some((value) => statusFor(value) === "active")) return null;
  return `${pathText(state.path)} ${gone.length === 1 ? `= ${gone.join("")}` : `in [${gone.join(", ")}]`}`;
}

const nearOf = (fields: readonly RecordField[]): readonly RecordField[] =>
  fields.filter(({ path }) => path.slice(0, -1).every((name) => PLAIN_CONTAINERS.has(plainName(name))));

const named = (
  near: readonly RecordField[],
  words: readonly string[],
  fits: (field: RecordField) => boolean,
): readonly RecordField[] => words.flatMap((word) => near.filter((field) => lastName(field) === word && fits(field)));

function stateOf(near: readonly RecordField[]): RecordField | undefined {
  const states = named(near, STATES, ({ shape }) => isText(shape) && !isFlag(shape));
  return states.find(isListed) ?? states[0];
}

type Flags = readonly RecordField[];

const ABSENT = "a flag that is absent counts as false";

const lastName = ({ path }: RecordField): string => plainName(path.at(-1) ?? "");
const isListed = ({ shape }: RecordField): boolean => shape.values !== null && shape.values.length > 0;
const either = (flags: Flags): string => flags.map(({ path }) => pathText(path)).join(" or ");
const every = (flags: Flags): string => flags.map(({ path }) => pathText(path)).join(" and ");

/** A flag that lets in counts only for whom no other keeps out. */
function fromFlags(on: Flags, off: Flags): DraftedField {
  const [only, ...others] = [...on, ...off];
  if (only === undefined) return fromNothing();
  const reads = [...readsOf(on, true), ...readsOf(off, false)];
  if (on.length > 0) {
    // `$not()` of what is absent is nothing, so it is said the other way round.
    const from = off.length === 0 ? every(on) : `${either(off)} ? false : ${every(on)}`;
    const words = { map: { true: "active", _: "disabled" }, ...(on.length === 1 ? unlessAlways(only) : {}) };
    return others.length === 0
      ? status(from, reads, words, "sure", null)
      : status(from, reads, words, "likely", ABSENT);
  }
  if (others.length > 0) {
    return status(either(off), reads, { map: { false: "active", _: "disabled" } }, "likely", ABSENT);
  }
  const map = { false: "active", true: /lock|suspend/.test(lastName(only)) ? "locked" : "disabled", _: "disabled" };
  return status(either(off), reads, { map, ...unlessAlways(only) }, "sure", null);
}

/** A state counts only for whom no flag keeps out, and every flag lets in. */
function fromState(state: RecordField, on: Flags, off: Flags): DraftedField {
  const { path, shape } = state;
  const open = on.length === 0 ? pathText(path) : `${every(on)} ? ${pathText(path)} : "disabled"`;
  const from = off.length === 0 ? open : `${either(off)} ? "disabled" : ${open}`;
  const reads = [...readsOf([state]), ...readsOf(on, true), ...readsOf(off, false)];
  const drafted = (map: Readonly<Record<string, Json>>, sureness: Sureness, comment: string | null) => {
    const comments = [comment, on.length + off.length === 0 ? null : ABSENT].filter((one) => one !== null);
    const words = { map: { ...map, _: "disabled" }, ...unlessAlways(state) };
    return status(from, reads, words, sureness, comments.join("; ") || null);
  };
  if (shape.values !== null && isListed(state)) {
    const map = Object.fromEntries(shape.values.map((value) => [String(value), statusFor(String(value))]));
    return Object.values(map).includes("active")
      ? drafted(map, "likely", null)
      : drafted(map, "guess", "which of these may sign in? nobody can until one becomes `active`");
  }
  const map = { active: "active", ACTIVE: "active", enabled: "active", ENABLED: "active" };
  return drafted(map, "guess", "the document does not list the values: write those that may sign in");
}

/** What may keep somebody out and is not read makes a guess of the rest. */
function unlessUnread(drafted: DraftedField, unread: readonly RecordField[]): DraftedField {
  if (unread.length === 0) return drafted;
  const names = unread.map(({ path }) => `\`${path.join(".")}\``).join(", ");
  const comment = `not looked at: ${names}; may that keep anybody out?`;
  return {
    ...drafted,
    sureness: "guess",
    comment: drafted.comment === null ? comment : `${drafted.comment}; ${comment}`,
  };
}

/** Everybody who is listed can sign in: there is nothing else to go by, and a person must decide. */
const fromNothing = (): DraftedField =>
  status('"active"', [], {}, "guess", "nothing in the records tells who may sign in, so everybody listed may");

/** Repeated on purpose: a missing status means inactive, not a reject that would keep the old state. */
const unlessAlways = ({ always }: RecordField): { readonly default?: string } =>
  always ? {} : { default: "disabled" };

/** An ordinary person is active: flags are set so that they say so. */
const readsOf = (fields: readonly RecordField[], sample?: boolean): readonly Read[] =>
  fields.map(({ path, shape }) => ({ path, shape, field: "status", ...(sample === undefined ? {} : { sample }) }));

const status = (
  from: string,
  reads: readonly Read[],
  words: Readonly<Record<string, Json>>,
  sureness: Sureness,
  comment: string | null,
): DraftedField => ({ name: "status", from: [from], words, reads, sureness, comment });
