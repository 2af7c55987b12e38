import { Document, isCollection, isMap, isScalar, type Node, Pair, Scalar, visit, YAMLMap, YAMLSeq } from "yaml";
import type { Json } from "../../domain/json";
import { plainText } from "./plain-text";

const WIDTH = 120;

/** What is longer, in JSON, stands on lines of its own. */
const LONGEST_FLOW = 130;

/** One word of a file, and what stands above or beside it. */
export type Line = {
  readonly name: string;
  readonly comment?: string | null;
  readonly above?: string | null;
} & (
  | { readonly value: Json /** On one line, `{ a: 1 }`. */; readonly flow?: boolean }
  | { readonly lines: readonly Line[] }
  | { readonly items: readonly (readonly Line[])[] }
);

/**
 * A YAML file that opens with `header` as comments.
 *
 * @param header lines without `#`
 */
export function writeYaml(header: readonly string[], lines: readonly Line[]): string {
  const document = new Document<Node>(new YAMLMap(), { version: "1.2" });
  document.contents = mapOf(document, lines);
  const top = header.map((line) => `# ${plainText(line)}\n`).join("");
  return top + document.toString({ lineWidth: WIDTH, singleQuote: true });
}

function mapOf(document: Document<Node>, lines: readonly Line[]): YAMLMap {
  const map = new YAMLMap();
  for (const line of lines) {
    const key = new Scalar(line.name);
    const value = nodeOf(document, line);
    if (line.above != null) key.commentBefore = ` ${plainText(line.above)}`;
    if (line.comment != null) {
      // Behind a map of several lines nobody would look for it.
      if (isCollection(value) && value.flow !== true) key.commentBefore = ` ${plainText(line.comment)}`;
      else value.comment = ` ${plainText(line.comment)}`;
    }
    map.items.push(new Pair(key, value));
  }
  return map;
}

function nodeOf(document: Document<Node>, line: Line): Node {
  if ("lines" in line) return mapOf(document, line.lines);
  if ("items" in line) {
    const list = new YAMLSeq();
    list.items = line.items.map((lines) => mapOf(document, lines));
    return list;
  }
  const node = document.createNode(line.value, { aliasDuplicateObjects: false }) as Node;
  visit(node, {
    Collection(_, collection) {
      pad(collection, isMap(collection) ? " " : "");
      if (line.flow === true) collection.flow = JSON.stringify(collection).length <= LONGEST_FLOW;
    },
    Pair(_, { key }) {
      // As people write them: readers take keys for texts, whatever they look like.
      if (isScalar(key) && (key.value === "true" || key.value === "false")) key.value = key.value === "true";
    },
  });
  return node;
}

/** As this project's files are written: `{ a: 1 }`, but `[1, 2]`. The library knows one way for both. */
function pad(collection: YAMLMap | YAMLSeq, flowCollectionPadding: string): void {
  const print = collection.toString.bind(collection);
  collection.toString = (context, ...rest) =>
    print(context === undefined ? context : { ...context, flowCollectionPadding }, ...rest);
}
