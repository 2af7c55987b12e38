import jsonata, { type Expression } from "jsonata";

/** A node of JSONata's syntax tree, as far as it is read here. */
export interface AstNode {
  readonly type: string;
  readonly value?: unknown;
  /** Where the node's token ends, in characters from the beginning of the text. */
  readonly position?: number;
  /** Of a lambda: it is none of the author's, but JSONata's wrapper around a call in tail position. */
  readonly thunk?: boolean;
}

export const astOf = (expression: Expression): AstNode => expression.ast() as unknown as AstNode;

/** Trees that are kept: those of the mappings of some jobs, which every run reads more than once. */
const MAX_KEPT = 500;
const kept = new Map<string, AstNode>();

/**
 * How many nodes may stand inside one another. The sandbox's interpreter stops at 500 (`sandbox-process.cjs`), so deeper ones would
 * reject every record; whatever goes through a tree by calling itself bears several times as many.
 */
const DEEPEST = 500;

/**
 * The syntax tree of an expression, the same for all who ask: nobody changes it.
 *
 * @throws JSONata's own error for a text that is none, a RangeError for one that is nested too deeply
 */
export function treeOf(text: string): AstNode {
  const known = kept.get(text);
  if (known !== undefined) return known;
  const tree = astOf(jsonata(text));
  if (isTooDeep(tree)) throw new RangeError("an expression is nested too deeply");
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(text, tree);
  return tree;
}

/** The same; null for what is no tree, which is told elsewhere. */
export function treeOrNull(text: string): AstNode | null {
  try {
    return treeOf(text);
  } catch {
    return null;
  }
}

export const isNode = (value: unknown): value is AstNode =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";

/** Every node under `root`, itself first. Chains nest as deep as they are long, so nothing here calls itself. */
export function* nodesOf(root: unknown): Generator<AstNode> {
  const seen = new Set<unknown>();
  const left: unknown[] = [root];
  while (left.length > 0) {
    const found = left.pop();
    if (typeof found !== "object" || found === null || seen.has(found)) continue;
    seen.add(found);
    if (isNode(found)) yield found;
    left.push(...Object.values(found).reverse());
  }
}

/** Chains nest as deep as they are long, so this calls itself as little as `nodesOf` does. */
function isTooDeep(root: unknown): boolean {
  const depths = new Map<unknown, number>();
  const left: [unknown, number][] = [[root, 0]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [found, outside] = next;
    // What the parser hangs in several places counts where it is deepest.
    if (typeof found !== "object" || found === null || (depths.get(found) ?? -1) >= outside) continue;
    depths.set(found, outside);
    const depth = isNode(found) ? outside + 1 : outside;
    if (depth > DEEPEST) return true;
    for (const inner of Object.values(found)) left.push([inner, depth]);
  }
  return false;
}

/** The names of all variables an expression reads or binds, without `$`. */
export function variablesOf(root: AstNode): ReadonlySet<string> {
  const names = new Set<string>();
  for (const node of nodesOf(root)) {
    if (node.type === "variable" && typeof node.value === "string") names.add(node.value);
  }
  return names;
}

/** Names an expression binds itself: `:=`, parameters, `@$x`, `#$i`. Known throughout it, which is laxer than JSONata. */
export function namesBoundIn(nodes: readonly AstNode[]): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (node: unknown): void => {
    if (isNode(node) && node.type === "variable") names.add(String(node.value));
  };
  for (const node of nodes) {
    if (node.type === "bind" && "lhs" in node) add(node.lhs);
    if (node.type === "lambda" && "arguments" in node && Array.isArray(node.arguments)) node.arguments.forEach(add);
    if (node.type === "index") names.add(String(node.value));
    for (const place of ["focus", "index"]) {
      const name: unknown = Reflect.get(node, place);
      if (typeof name === "string") names.add(name);
    }
  }
  return names;
}

/** Variables that are a parameter's by name, but stand outside every function that has it: they are nothing, whatever the record is. */
export function strayParameters(nodes: readonly AstNode[]): ReadonlySet<AstNode> {
  const lambdas = nodes.filter(({ type }) => type === "lambda");
  const parametersOf = (lambda: AstNode) => nodesAt(lambda, "arguments").map(({ value }) => value);
  const parameters = new Set(lambdas.flatMap(parametersOf));
  for (const name of namesBoundIn(nodes.filter(({ type }) => type !== "lambda"))) parameters.delete(name);
  const stray = new Set(nodes.filter(({ type, value }) => type === "variable" && parameters.has(value)));
  for (const lambda of lambdas) {
    const own = parametersOf(lambda);
    for (const node of nodesOf(lambda)) if (own.includes(node.value)) stray.delete(node);
  }
  return stray;
}

/** `a.b.c`, or the same beginning at a variable; `root` is null when it begins at the record. */
export interface PlainPath {
  readonly root: string | null;
  readonly names: readonly string[];
}

/** The expression as a plain path; null when it is anything more, be it a predicate, a group or `[]`. */
export function plainPathOf(ast: AstNode): PlainPath | null {
  if (isBare(ast, "variable")) return { root: ast.value, names: [] };
  if (ast.type !== "path" || !hasOnly(ast, ["type", "steps"]) || !("steps" in ast) || !Array.isArray(ast.steps))
    return null;
  const [first, ...rest]: unknown[] = ast.steps;
  const names: string[] = [];
  for (const step of isBare(first, "variable") ? rest : ast.steps) {
    if (!isBare(step, "name")) return null;
    names.push(step.value);
  }
  return { root: isBare(first, "variable") ? first.value : null, names };
}

const isBare = (node: unknown, type: string): node is AstNode & { value: string } =>
  isNode(node) && node.type === type && typeof node.value === "string" && hasOnly(node, ["type", "value", "position"]);

const hasOnly = (node: object, names: readonly string[]): boolean =>
  Object.keys(node).every((name) => names.includes(name));

/** The node at a place of another; null when there is none. */
export function nodeAt(node: AstNode, place: string): AstNode | null {
  const found: unknown = Reflect.get(node, place);
  return isNode(found) ? found : null;
}

/** The nodes in a list at a place of another. */
export function nodesAt(node: AstNode, place: string): readonly AstNode[] {
  const found: unknown = Reflect.get(node, place);
  return Array.isArray(found) ? found.filter(isNode) : [];
}
