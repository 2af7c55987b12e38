import { type AstNode, isNode, nodeAt, nodesAt } from "./ast";

/**
 * The names of functions in calls of `$toMillis` that would fill in a date from the clock: JSONata takes from today what stands left
 * of the first part that a picture has, and with a year nothing does.
 *
 * @param nodes all of one expression
 */
export function readersOfToday(nodes: readonly AstNode[]): readonly AstNode[] {
  const piped = new Set(nodes.filter(({ type }) => type === "apply").map((node) => nodeAt(node, "rhs")));
  return nodes.flatMap((node) => {
    const procedure = nodeAt(node, "procedure");
    if (!isNode(procedure) || procedure.type !== "variable" || procedure.value !== "toMillis") return [];
    // `~>` puts the text in front of what is written.
    const picture = nodesAt(node, "arguments")[piped.has(node) && node.type === "function" ? 0 : 1];
    return picture?.type === "string" && lacksYear(String(picture.value)) ? [procedure] : [];
  });
}

/** `[[` is a bracket and no part. Without any part nothing is read, and nothing filled in. */
function lacksYear(picture: string): boolean {
  const parts = [...picture.replaceAll("[[", "").matchAll(/\[\s*([^\]\s])[^\]]*\]/g)].map(([, part]) => part);
  return parts.length > 0 && !parts.includes("Y");
}
