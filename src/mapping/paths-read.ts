import type { Expression, MappingSpec, Source } from "../domain/mapping";
import { type AstNode, isNode, treeOf } from "./ast";
import { expressionsOf } from "./source-expressions";

/** A place in the raw record, or in its parent, that an expression reads. */
export interface ReadPlace {
  readonly root: "record" | "parent";
  readonly names: readonly string[];
}

/**
 * The places a source reads, through `let` too, in the order they are written: `roles[kind = "a"].id` reads `roles.kind` and
 * `roles.id`. What is computed (`*`, `**`, values of an author's own variables) ends at the last place that can be named.
 */
export function placesRead(source: Source, lets: MappingSpec["let"]): readonly ReadPlace[] {
  return allRead(source, lets).filter(({ names }) => names.length > 0);
}

/** Whether a source reads all of the record, or of its parent: `$`, `*`, `$lookup($parent, name)`. */
export const readsWhole = (source: Source, lets: MappingSpec["let"]): boolean =>
  allRead(source, lets).some(({ names }) => names.length === 0);

function allRead(source: Source, lets: MappingSpec["let"]): readonly ReadPlace[] {
  const found = new Map<string, ReadPlace>();
  for (const { text } of expressionsOf(source)) new PlaceFinder(lets, found).visit(treeOf(text), ROOT);
  return [...found.values()];
}

/** The same of one expression; none where the text is none, which is told elsewhere. */
export function placesIn(expression: Expression, lets: MappingSpec["let"]): readonly ReadPlace[] {
  try {
    return placesRead({ kind: "expression", expression }, lets);
  } catch {
    return [];
  }
}

/** As it would be written in a mapping: `profile.login`, `$parent.id`; odd names stand in backticks. */
export function placeName({ root, names }: ReadPlace): string {
  const written = names.map((name) => (/^[A-Za-z_]\w*$/.test(name) ? name : `\`${name}\``));
  return [...(root === "parent" ? ["$parent"] : []), ...written].join(".");
}

const ROOT: ReadPlace = { root: "record", names: [] };

class PlaceFinder {
  readonly #found: Map<string, ReadPlace>;
  readonly #lets: MappingSpec["let"];
  readonly #followed = new Set<string>();

  constructor(lets: MappingSpec["let"], found: Map<string, ReadPlace>) {
    this.#lets = lets;
    this.#found = found;
  }

  /** `base` is what the node is evaluated on; null where that cannot be named. */
  visit(node: AstNode, base: ReadPlace | null): void {
    if (node.type === "path") this.#add(this.#walk(listIn(node, "steps"), base));
    else if (node.type === "variable") this.#add(this.#variable(String(node.value), base));
    else if (isWildcard(node)) this.#add(base);
    else for (const child of childrenOf(node)) this.visit(child, base);
    // Grouping is written behind a path and sees what the path gave.
    if (node.type === "path") for (const child of nodesIn(Reflect.get(node, "group"))) this.visit(child, null);
  }

  /** Where the steps of a path end. */
  #walk(steps: readonly unknown[], base: ReadPlace | null): ReadPlace | null {
    let current = base;
    for (const [index, step] of steps.entries()) {
      if (!isNode(step)) continue;
      if (step.type === "name") current = below(current, String(step.value));
      else if (step.type === "variable" && index === 0) current = this.#variable(String(step.value), base);
      else if (step.type === "sort") for (const term of listIn(step, "terms")) this.#visitAll(term, current);
      else {
        // The step itself sees all of what the path reached.
        if (index > 0 || isWildcard(step)) this.#add(current);
        this.visit(step, current);
        current = null;
      }
      for (const filter of ["stages", "predicate"]) this.#visitAll(Reflect.get(step, filter), current);
    }
    return current;
  }

  #variable(name: string, base: ReadPlace | null): ReadPlace | null {
    if (name === "") return base;
    if (name === "$") return ROOT;
    if (name === "parent") return { root: "parent", names: [] };
    const at = this.#lets.find((one) => one.name === name);
    if (at !== undefined && !this.#followed.has(name)) {
      this.#followed.add(name);
      this.visit(treeOf(at.expression.text), ROOT);
    }
    return null;
  }

  #visitAll(part: unknown, base: ReadPlace | null): void {
    for (const node of nodesIn(part)) this.visit(node, base);
  }

  #add(place: ReadPlace | null): void {
    if (place !== null) this.#found.set(placeName(place), place);
  }
}

const isWildcard = ({ type }: AstNode): boolean => type === "wildcard" || type === "descendant";

const below = (place: ReadPlace | null, name: string): ReadPlace | null =>
  place === null ? null : { ...place, names: [...place.names, name] };

/** The nearest nodes within a part of the tree, not those inside them. */
function nodesIn(part: unknown): readonly AstNode[] {
  if (isNode(part)) return part.type === "filter" || part.type === "index" ? childrenOf(part) : [part];
  return typeof part === "object" && part !== null ? Object.values(part).flatMap(nodesIn) : [];
}

const childrenOf = (node: AstNode): readonly AstNode[] => Object.values(node).flatMap(nodesIn);

function listIn(node: AstNode, name: string): readonly unknown[] {
  const value: unknown = Reflect.get(node, name);
  return Array.isArray(value) ? value : [];
}
