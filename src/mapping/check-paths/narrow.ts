import type { Scalar } from "../../domain/record-shape";
import { type AstNode, nodeAt, nodesAt, plainPathOf } from "../ast";
import { type Possible, withAbsence } from "./possible";

/** What a record that is mapped holds at a path, because others are left out. */
interface Limit {
  readonly names: readonly string[];
  readonly keeps: (value: Possible) => Possible;
}

/** A record as fields see it: what `skip` and `deletes` leave out by a plain comparison never comes to be mapped. */
export function narrowed(record: Possible, conditions: readonly AstNode[]): Possible {
  const limits = conditions.flatMap(limitsOf);
  return limits.reduce((value, limit) => limited(value, limit.names, limit.keeps), record);
}

/** What is true of a record for which the condition is not. */
function limitsOf(node: AstNode): readonly Limit[] {
  const [only, ...more] = node.type === "block" ? nodesAt(node, "expressions") : [];
  if (only !== undefined) return more.length === 0 ? limitsOf(only) : [];
  if (node.type === "function") return presenceLimit(node);
  const [left, right] = [nodeAt(node, "lhs"), nodeAt(node, "rhs")];
  if (node.type !== "binary" || left === null || right === null) return [];
  if (node.value === "or") return [...limitsOf(left), ...limitsOf(right)];
  const [path, constants] =
    pathOf(left) === null ? [pathOf(right), constantsOf(left)] : [pathOf(left), constantsOf(right)];
  if (path === null || constants === null) return [];
  if (node.value === "!=") return [{ names: path, keeps: withConstants((text) => constants.includes(text)) }];
  if (node.value !== "=" && node.value !== "in") return [];
  return [{ names: path, keeps: withConstants((text) => !constants.includes(text)) }];
}

/** `$not($exists(path))` */
function presenceLimit(node: AstNode): readonly Limit[] {
  const asked = argumentOf(node, "not");
  const there = asked === null ? null : argumentOf(asked, "exists");
  const path = there === null ? null : pathOf(there);
  return path === null ? [] : [{ names: path, keeps: (value) => withAbsence(value, "never") }];
}

function argumentOf(node: AstNode, name: string): AstNode | null {
  const [argument, ...more] = nodesAt(node, "arguments");
  const isCalled = node.type === "function" && nodeAt(node, "procedure")?.value === name;
  return isCalled && more.length === 0 ? (argument ?? null) : null;
}

function pathOf(node: AstNode): readonly string[] | null {
  const path = plainPathOf(node);
  return path === null || path.names.length === 0 || (path.root !== null && path.root !== "$" && path.root !== "")
    ? null
    : path.names;
}

function constantsOf(node: AstNode): readonly Scalar[] | null {
  if (node.type === "string" || node.type === "number" || typeof node.value === "boolean")
    return [node.value as Scalar];
  if (node.type !== "unary" || node.value !== "[") return null;
  const items = nodesAt(node, "expressions").map(constantsOf);
  return items.includes(null) ? null : items.flatMap((item) => item ?? []);
}

const withConstants =
  (keeps: (text: Scalar) => boolean) =>
  (value: Possible): Possible =>
    value.constants === null ? value : { ...value, constants: value.constants.filter(keeps) };

function limited(value: Possible, names: readonly string[], keeps: Limit["keeps"]): Possible {
  const [first, ...rest] = names;
  if (first === undefined) return keeps(value);
  const { members } = value;
  return {
    ...value,
    members: {
      ...members,
      member(name) {
        const found = members.member(name);
        return found === null || name !== first ? found : limited(found, rest, keeps);
      },
    },
  };
}
