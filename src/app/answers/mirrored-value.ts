import type { PersonAnswer } from "../../domain/answers";
import { FIELDS } from "../../domain/entities";
import { valueUnder } from "../../domain/field-label";
import type { Stream } from "../../domain/job";
import type { Json } from "../../domain/json";
import type { WhyAnswer } from "../../domain/why";
import { writtenItem } from "../../mapping/stored-value";
import type { LinkEnd } from "../../mirror/value-history";
import type { Adapters } from "../open/adapters";
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
  const held = links.filter(({ effective }) => effective);
  const value = written(held);
  const latest = await history.latestOfLinks(source, key, spec.links);
  const origins = [...new Set(links.map(({ origin }) => origin))].map((origin) => ({
    origin,
    items: written(links.filter((link) => link.origin === origin)),
  }));
  return {
    value,
    origins,
    own: origins.find(({ origin }) => origin === `${stream?.name}.${label}`)?.items ?? [],
    change: latest === null ? null : { ...latest.change, before: written(before(held, latest)) },
  };
}

/**
 * What was held before the latest run that granted or revoked. Several origins and owners may state an item, each of which grants
 * and revokes for itself: it was held if anything states it once what that run did is undone. Origins are not told apart, because
 * streams are renamed; only what is given here is, because its time may be over before the audit tells so.
 */
function before(held: readonly LinkEnd[], { granted, revoked }: LatestOfLinks): readonly LinkEnd[] {
  const statedBy = new Map<string, number>();
  const count = (items: readonly LinkEnd[], sign: 1 | -1): void => {
    for (const item of items) statedBy.set(nameOf(item), (statedBy.get(nameOf(item)) ?? 0) + sign);
  };
  count(held, 1);
  count(granted, -1);
  count(revoked, 1);
  return [...held, ...revoked].filter((item) => (statedBy.get(nameOf(item)) ?? 0) > 0);
}

const nameOf = ({ key, scope, origin }: LinkEnd): string => JSON.stringify([key, scope, origin === "local"]);

interface LatestOfLinks {
  readonly granted: readonly LinkEnd[];
  readonly revoked: readonly LinkEnd[];
}
