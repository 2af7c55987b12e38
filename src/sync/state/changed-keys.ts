import type { Into } from "../../domain/entities";
import { Failure } from "../../domain/errors";
import type { ExpressionFinding } from "../../domain/mapping";
import type { KnownMapping, VersionedStream } from "../../domain/mapping-version";
import { keyText, knownFor } from "./known-mappings";

/** What the mirror is kept by, and how much of it there is. */
export interface KeptBy {
  readonly source: string;
  readonly known: readonly KnownMapping[];
  /** Live records in the mirror. */
  readonly live: (into: Into) => Promise<number>;
}

/** Keys that mean something else than those the mirror holds. Nobody could tell any more who is who. */
export async function changedKeys(
  streams: readonly VersionedStream[],
  { source, known, live }: KeptBy,
): Promise<readonly ExpressionFinding[]> {
  const findings: ExpressionFinding[] = [];
  for (const { stream, version } of streams) {
    const { name, into, mapping } = stream;
    const old = knownFor(known, version)?.key ?? null;
    if (mapping.key === null || version.key === null || old === null) continue;
    const count = old.fingerprint === version.key.fingerprint ? 0 : await live(into);
    if (count === 0) continue;
    const { text, at } = mapping.key;
    const message = `the key of \`${into}\` was ${keyText(old)} and is now ${keyText(version.key)}: all ${count} ${into} in the mirror would look gone, and everybody new`;
    const hint = `put the old one back, or have the keys renamed: understudy mapping rekey ${source}/${name}`;
    findings.push({ code: "MAP060", severity: "error", message, at, offset: 0, length: text.length, hint });
  }
  return findings;
}

/** @throws Failure MAP060 */
export async function refuseChangedKeys(...asked: Parameters<typeof changedKeys>): Promise<void> {
  const [first] = await changedKeys(...asked);
  if (first === undefined) return;
  const { at, message, hint } = first;
  throw new Failure("MAP060", `${at.file}:${at.line}:${at.column}: ${message}`, {
    fix: hint === null ? "" : `nothing was read or written; ${hint}`,
  });
}
