import { setImmediate as nextTurn } from "node:timers/promises";
import { isPresent, textOf } from "./coerce";
import type { CompiledSource } from "./compile-field";
import type { fuse } from "./compiler/fuse";
import { misfitOf } from "./misfit";
import { type Evaluators, type Input, Scope } from "./scope";

/** The value of the first source that is present; a single source is taken as it is. */
export interface Step {
  readonly sources: readonly CompiledSource[];
  /** When it gave true nothing more is worked out. */
  readonly stopsIfTrue: boolean;
}

export interface Steps extends Evaluators {
  readonly steps: readonly Step[];
  /** All steps in one function. */
  readonly fused: ReturnType<typeof fuse>;
}

/**
 * What every step found, or the misfit in its place. At once, and in `found`, wherever the fused function has an answer to
 * everything; behind a step that stopped it, `found` is left as it was.
 */
export function findValues(
  steps: Steps,
  input: Input,
  found: unknown[],
): readonly unknown[] | Promise<readonly unknown[]> {
  const given: unknown[] = [];
  for (const outcome of input.given) {
    if (outcome !== undefined && "misfit" in outcome) return findStepwise(steps, input);
    given.push(outcome?.value);
  }
  try {
    steps.fused(input.record, input.parent, given, found);
    return found;
  } catch {
    // Whatever it stumbled over: one by one, each step has its own answer.
    return findStepwise(steps, input);
  }
}

async function findStepwise(steps: Steps, input: Input): Promise<readonly unknown[]> {
  // The fused function may have worked for as long as it is let before it gave up.
  await nextTurn();
  const scope = new Scope(steps, input);
  const found: unknown[] = [];
  for (const { sources, stopsIfTrue } of steps.steps) {
    const value = await firstPresent(sources, scope).catch(misfitOf);
    found.push(value);
    if (stopsIfTrue && value === true) break;
  }
  return found;
}

/** Sources behind the first present one are not worked out. Rejects with a `Misfit`. */
async function firstPresent(sources: readonly CompiledSource[], scope: Scope): Promise<unknown> {
  for (const source of sources) {
    const value = source.kind === "expression" ? await scope.evaluate(source.entry) : await joined(source, scope);
    if (isPresent(value) || sources.length === 1) return value;
  }
  return undefined;
}

async function joined(source: CompiledSource & { readonly kind: "join" }, scope: Scope): Promise<string> {
  const values: unknown[] = [];
  for (const part of source.parts) values.push(await scope.evaluate(part));
  return values.filter(isPresent).map(textOf).join(source.with);
}
