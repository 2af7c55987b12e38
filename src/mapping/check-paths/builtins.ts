import type { Scalar } from "../../domain/record-shape";
import type { AstNode } from "../ast";
import { FUNCTIONS } from "../jsonata-functions";
import { written } from "./findings";
import { memberOf } from "./member";
import { checkTruth, reportSpread } from "./operators";
import {
  type Absence,
  constant,
  either,
  flatOf,
  gathered,
  isNoneOf,
  isOnly,
  itemOf,
  type Kind,
  listOf,
  mayBe,
  mayBeAnything,
  ofKind,
  type Possible,
  spreadOf,
  TRUTH,
  UNKNOWN,
  withAbsence,
} from "./possible";
import type { Scene } from "./scene";
import { type Parameter, signatureOf } from "./signatures";
import { kindsInWords, pickHint } from "./words";

export interface Call {
  readonly name: string;
  readonly values: readonly Possible[];
  /** The arguments as written, as far as they are. */
  readonly nodes: readonly AstNode[];
  readonly call: AstNode;
  readonly scene: Scene;
  /** The context, which some functions take for an argument that is left out. */
  readonly input?: Possible;
}

export const isBuiltin = (name: string): boolean => FUNCTIONS.has(name);

/** What a function of JSONata gives. Arguments on which it surely fails are reported. */
export function callBuiltin(called: Call): Possible {
  const { name, values } = called;
  const signature = signatureOf(name);
  if (signature === null) return UNKNOWN;
  const { parameters, required, gives } = signature;
  const [first] = parameters;
  const { input = UNKNOWN } = called;
  // Fewer arguments than it takes: where the context can stand for the first, the others move up by one.
  const isShifted = first?.isContext === true && values.length < parameters.length && !isMisfit(input, first);
  if (!isShifted && !checkCount(called, required, parameters.length)) return UNKNOWN;
  if (!isShifted) for (const [index, parameter] of parameters.entries()) checkArgument(called, index, parameter);
  const args = isShifted && values.length < required ? [input, ...values] : values;
  if (name === "replace") checkReplacement(called, args);
  const special = Object.hasOwn(RESULTS, name) ? RESULTS[name] : undefined;
  if (special !== undefined) return special({ ...called, values: args });
  if (gives === null) return UNKNOWN;
  const absence = args[0]?.absence ?? "unsaid";
  const result = { ...ofKind(gives), absence };
  return name in TRANSLATE ? { ...result, constants: translated(name, args[0]) } : result;
}

function checkCount({ name, values, call, scene }: Call, least: number, most: number): boolean {
  if (values.length >= least && values.length <= most) return true;
  const wanted = least === most ? String(least) : values.length < least ? `at least ${least}` : `at most ${most}`;
  const message = `\`$${name}\` takes ${wanted} ${wanted === "1" ? "argument" : "arguments"}, not ${values.length}`;
  scene.findings.report(scene.expression, [call], { code: "MAP057", message });
  return false;
}

const isMisfit = (value: Possible, { kinds, isList }: Parameter): boolean => {
  if (kinds === null) return false;
  const isOfItems = isList && isOnly(value, "array");
  return isNoneOf(isOfItems || isList ? itemOf(value) : value, kinds);
};

function checkArgument({ name, values, nodes, call, scene }: Call, index: number, parameter: Parameter): void {
  const [value, node = null] = [values[index], nodes[index]];
  const { kinds, isList } = parameter;
  if (value === undefined || kinds === null) return;
  const { findings, expression, keepsNulls } = scene;
  // One that another function calls has itself in the place of its arguments.
  const what = node === null || node === call ? "what it is given" : written(expression, node);
  const wanted = `${isList ? "a list of these: " : ""}${kindsInWords({ kinds })}`;
  if (isMisfit(value, parameter)) {
    const message = `\`$${name}\` takes ${wanted}, but ${what} is ${kindsInWords(isList ? itemOf(value) : value)}`;
    const isOfTexts = isOnly(value, "array") && !isNoneOf(itemOf(value), kinds);
    const each = `\`$map(…, $${name})\``;
    const pick = what.startsWith("`") ? pickHint(what.slice(1, -1), ONLY_ONE) : null;
    const ofItems = pick === null ? `for each of its items: ${each}` : `${pick}; for a list of all: ${each}`;
    const hint = isOfTexts ? ofItems : hintFor(kinds);
    findings.report(expression, [node], { code: "MAP057", message, hint });
    return;
  }
  if (!isList && !kinds.has("array")) reportSpread(node, value, `\`$${name}\` fails on a list`, scene);
  if (keepsNulls && value.absence === "possible" && mayBe(value, "null") && !mayBeAnything(value)) {
    const message = `${what} can be null, on which \`$${name}\` fails`;
    findings.report(expression, [node], {
      code: "MAP057",
      severity: "warning",
      message,
      hint: "leave out `nulls: keep`",
    });
  }
}

/** What is not joined, for that is told otherwise. */
const ONLY_ONE = ofKind();

/** A function is called for every match of a regular expression; for a text JSONata would write the function's own source. */
function checkReplacement({ nodes, values, scene }: Call, args: readonly Possible[]): void {
  const [, pattern = UNKNOWN, replacement = UNKNOWN] = args;
  if (!isOnly(pattern, "string") || !isOnly(replacement, "function")) return;
  const node = nodes[values.length - (args.length - 1)] ?? null;
  const what = node === null ? "its pattern" : written(scene.expression, node);
  const message = `\`$replace\` calls a function for a regular expression only, but ${what} is a text`;
  scene.findings.report(scene.expression, [node], {
    code: "MAP057",
    message,
    hint: "write the pattern between slashes: `/…/`",
  });
}

/** How what is given becomes what is wanted, where a function does that. */
function hintFor(wanted: ReadonlySet<Kind>): string | null {
  const [only, ...others] = wanted;
  if (others.length > 0) return null;
  return only === "string"
    ? "`$string(…)` makes a text of it"
    : only === "number"
      ? "`$number(…)` makes a number of it"
      : null;
}

/** Functions through which the values a document lists can be followed. */
const TRANSLATE: Readonly<Record<string, (text: string) => string>> = {
  lowercase: (text) => text.toLowerCase(),
  uppercase: (text) => text.toUpperCase(),
  trim: (text) => text.replaceAll(/[ \t\n\r]+/gm, " ").replace(/^ | $/g, ""),
  string: (text) => text,
};

function translated(name: string, value: Possible | undefined): readonly Scalar[] | null {
  const translate = TRANSLATE[name];
  if (translate === undefined || value?.constants == null || mayBe(value, "array") || mayBe(value, "object"))
    return null;
  return [...new Set(value.constants.map((text) => translate(String(text))))];
}

type Result = (call: Call) => Possible;

const presenceOf: Readonly<Record<Absence, Possible>> = {
  never: constant(true),
  unsaid: TRUTH,
  possible: TRUTH,
};

const first = ({ values }: Call): Possible => values[0] ?? UNKNOWN;

const asCondition: Result = (call) => {
  checkTruth(call.nodes[0] ?? null, first(call), call.scene);
  return withAbsence(TRUTH, first(call).absence);
};

/** A list made of a list's items: one result stands for itself. */
const overItems = ({ values: [list = UNKNOWN] }: Call, item: Possible, isFiltered: boolean): Possible => {
  const spread = spreadOf(list) === "many" && !isFiltered ? "many" : "some";
  return list.kinds === null && item.kinds === null ? UNKNOWN : gathered(item, spread);
};

const callWith = ({ values }: Call, index: number, ...args: readonly Possible[]): Possible =>
  values[index]?.call?.(args) ?? UNKNOWN;

const RESULTS: Readonly<Record<string, Result>> = {
  boolean: asCondition,
  not: asCondition,
  exists: (call) => (first(call).kinds === null ? TRUTH : presenceOf[first(call).absence]),
  count: () => ofKind("number"),
  error: () => ({ ...UNKNOWN, absence: "never" }),
  assert: () => ({ ...UNKNOWN, absence: "possible" }),
  split: (call) => ({ ...listOf(ofKind("string")), absence: first(call).absence }),
  keys: () => gathered(ofKind("string"), "some"),
  // One that a path keeps a list is that no longer when a single item is left.
  distinct: (call) => either(first(call), withAbsence(itemOf(first(call)), first(call).absence)),
  reverse: (call) => ({ ...listOf(itemOf(first(call))), absence: first(call).absence }),
  sort(call) {
    const item = withAbsence(itemOf(first(call)), "never");
    callWith(call, 1, item, item);
    return { ...listOf(item), absence: first(call).absence };
  },
  append({ values: [one = UNKNOWN, other = UNKNOWN] }) {
    return gathered(either(itemOf(one), itemOf(other)), "some");
  },
  map(call) {
    const item = withAbsence(itemOf(first(call)), "never");
    return overItems(call, callWith(call, 1, item, ofKind("number"), first(call)), false);
  },
  filter(call) {
    const item = withAbsence(itemOf(first(call)), "never");
    callWith(call, 1, item, ofKind("number"), first(call));
    return overItems(call, item, true);
  },
  single(call) {
    const item = withAbsence(itemOf(first(call)), "never");
    callWith(call, 1, item, ofKind("number"), first(call));
    return withAbsence(item, first(call).absence);
  },
  reduce(call) {
    callWith(call, 1, call.values[2] ?? UNKNOWN, withAbsence(itemOf(first(call)), "never"));
    return UNKNOWN;
  },
  each(call) {
    return overItems(call, callWith(call, 1, UNKNOWN, ofKind("string")), true);
  },
  sift(call) {
    callWith(call, 1, UNKNOWN, ofKind("string"));
    return ofKind("object");
  },
  lookup(call) {
    const [holder = UNKNOWN, name] = call.values;
    const node = call.nodes.at(-1);
    const text = name?.constants?.length === 1 ? name.constants[0] : undefined;
    if (typeof text !== "string" || node?.type !== "string") return UNKNOWN;
    return gathered(memberOf(flatOf(holder), text, { node, holder: null, scene: call.scene }), spreadOf(holder));
  },
  clone: first,
};
