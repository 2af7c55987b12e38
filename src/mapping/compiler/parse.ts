import { treeOf } from "../ast";

/** A filter `[…]`, or `#$i` placed behind one. */
export type AstStage =
  | { readonly type: "filter"; readonly expr: Ast }
  | { readonly type: "index"; readonly value: string };

export interface AstGroup {
  readonly lhs: readonly (readonly [Ast, Ast])[];
}

export interface AstSortTerm {
  readonly descending: boolean;
  readonly expression: Ast;
}

/** A lambda's `<…>`, checked by JSONata's own code. `validate` gives the arguments in place, or throws. */
export interface Signature {
  /** As it is written. */
  readonly definition?: string;
  validate(args: readonly unknown[], context: unknown): unknown[];
}

/** What JSONata's parser may hang on any node. */
interface Common {
  /** Where the node's token ends, in characters from the beginning of the text. */
  readonly position?: number;
  /** `[]` behind it: one item stays a list. */
  readonly keepArray?: boolean;
  /** Filters of a node that is no step of a path. */
  readonly predicate?: readonly AstStage[];
  /** Filters of a step. */
  readonly stages?: readonly AstStage[];
  readonly group?: AstGroup;
  /** The node is evaluated over a stream of bindings (`@`, `#`, `%`), or gives one. */
  readonly tuple?: boolean;
  readonly focus?: string;
  readonly index?: string;
  readonly ancestor?: { readonly label: string };
  /** A list that does not flatten into the one around it. */
  readonly consarray?: boolean;
}

/** JSONata's syntax tree, as `jsonata(text).ast()` of version 2.2 gives it. */
export type Ast = Common &
  (
    | { readonly type: "string"; readonly value: string }
    | { readonly type: "number"; readonly value: number }
    | { readonly type: "value"; readonly value: boolean | null }
    | { readonly type: "regex"; readonly value: RegExp }
    | { readonly type: "name"; readonly value: string }
    | { readonly type: "variable"; readonly value: string }
    | { readonly type: "wildcard" | "descendant" }
    | { readonly type: "parent"; readonly slot: { readonly label: string } }
    | { readonly type: "path"; readonly steps: readonly Ast[]; readonly keepSingletonArray?: boolean }
    | { readonly type: "sort"; readonly terms: readonly AstSortTerm[] }
    | { readonly type: "binary"; readonly value: string; readonly lhs: Ast; readonly rhs: Ast }
    | { readonly type: "unary"; readonly value: "-"; readonly expression: Ast }
    | { readonly type: "unary"; readonly value: "["; readonly expressions: readonly Ast[] }
    | { readonly type: "unary"; readonly value: "{"; readonly lhs: AstGroup["lhs"] }
    | { readonly type: "condition"; readonly condition: Ast; readonly then: Ast; readonly else?: Ast }
    | { readonly type: "block"; readonly expressions: readonly Ast[] }
    | { readonly type: "bind"; readonly lhs: { readonly value: string }; readonly rhs: Ast }
    | AstLambda
    | AstCall
    | AstPartial
    | { readonly type: "apply"; readonly lhs: Ast; readonly rhs: Ast }
    | AstTransform
    | { readonly type: "operator"; readonly value: string }
  );

export interface AstLambda extends Common {
  readonly type: "lambda";
  readonly arguments: readonly { readonly value: string }[];
  readonly body: Ast;
  readonly signature?: Partial<Signature>;
  /** A call in tail position, wrapped by the parser: the caller of the function around it makes it. */
  readonly thunk?: boolean;
}

export interface AstCall extends Common {
  readonly type: "function";
  readonly procedure: Ast;
  readonly arguments: readonly Ast[];
}

export interface AstPartial extends Common {
  readonly type: "partial";
  readonly procedure: Ast;
  readonly arguments: readonly Ast[];
}

export interface AstTransform extends Common {
  readonly type: "transform";
  readonly pattern: Ast;
  readonly update: Ast;
  readonly delete?: Ast;
}

/** Throws JSONata's own error for text that does not parse. */
export const parse = (text: string): Ast => treeOf(text) as unknown as Ast;
