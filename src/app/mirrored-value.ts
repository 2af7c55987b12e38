import { isDeepStrictEqual } from "node:util";
import type { PersonAnswer } from "../domain/answers";
import { FIELDS } from "../domain/entities";
import { valueUnder } from "../domain/field-label";
import type { Stream } from "../domain/job";
import type { Json } from "../domain/json";
import type { ValueChange, WhyAnswer } from "../domain/why";
import { writtenItem } from "../mapping/stored-value";
import type { Adapters } from "./adapters";
import { inOrder } from "./compare-values";

/** A value as the mirror has it, and how it came there. */
type Mirrored = Pick<WhyAnswer, "value" | "origins" | "change"> & {
  /** What the users' own stream states, to be compared with what it would state. */
  readonly own: Json;
};

export async function mirroredValue(
  { stores }: Pick<Adapters, "stores">,
  person: PersonAnswer,
  label: string,
  stream: Stream | null,
): Promise<Mirrored> {
  const { source, key } = person;
  const { history } = await stores();
  const spec = FIELDS.users.find(({ name }) => name === label);
  if (spec?.links === undefined) {
    const value = label === "key" ? key : valueUnder(label, person);
    return { value, own: value, origins: [], change: await history.latest(source, key, label) };
  }
  const links = await history.links(source, key, spec.links);
  const written = (items: readonly { readonly key: string; readonly scope: string | null }[]): readonly Json[] =>
    inOrder(items.map((item) => writtenItem("users", label, item)));
  const value = written(links.filter(({ effective }) => effective));
  const latest = await history.latestOfLinks(source, key, spec.links);
  const origins = [...new Set(links.map(({ origin }) => origin))].map((origin) => ({
    origin,
    items: written(links.filter((link) => link.origin === origin)),
  }));
  return {
    value,
    origins,
    own: origins.find(({ origin }) => origin === `${stream?.name}.${label}`)?.items ?? [],
    change: latest === null ? null : { ...latest.change, before: before(value, latest, written) },
  };
}

/** What was held before the latest run that granted or revoked. */
function before(
  value: readonly Json[],
  { granted, revoked }: LatestOfLinks,
  written: (items: LatestOfLinks["granted"]) => readonly Json[],
): ValueChange["before"] {
  const isIn = (items: readonly Json[], item: Json): boolean => items.some((other) => isDeepStrictEqual(other, item));
  const [added, gone] = [written(granted), written(revoked)];
  return inOrder([...value.filter((item) => !isIn(added, item)), ...gone.filter((item) => !isIn(value, item))]);
}

interface LatestOfLinks {
  readonly granted: readonly { readonly key: string; readonly scope: string | null }[];
  readonly revoked: readonly { readonly key: string; readonly scope: string | null }[];
}
