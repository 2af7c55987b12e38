import { COST, charge } from "./fuel";
import { addToGroup, type Groups } from "./groups";
import { orderBy, type Term } from "./orders";
import { append, isList, type Marked, newSequence, normal, normalKept } from "./sequences";
import { keyOf, Made, picks } from "./values";

/** An item (`@`) with what is bound for it: variables, positions, ancestors. */
type Tuple = Record<string, unknown>;
type Stream = Tuple[] & Marked;
type Code = (item: unknown, tuple: Tuple) => unknown;

/** Code of `^(…)` for a tuple: the terms of `orderBy`, which hands over the tuple as it stands. */
export type TupleTerm = readonly [descending: boolean, code: Code];

function newStream(): Stream {
  const stream: Stream = [];
  stream.sequence = true;
  stream.tupleStream = true;
  return stream;
}

function tupleOf(item: unknown): Tuple {
  const tuple = new Made();
  tuple["@"] = item;
  return tuple;
}

/** One item that is not there, with nothing bound for it. */
export const NO_STREAM: Stream = beginStream([undefined]);

/** The stream a path begins with. */
export function beginStream(items: readonly unknown[]): Stream {
  const stream = newStream();
  for (const item of items) stream.push(tupleOf(item));
  return stream;
}

/** One step: every item it gives goes on with what is bound for the item it came from. */
export function stepStream(
  stream: Stream,
  code: Code,
  focus: string | null,
  index: string | null,
  ancestor: string | null,
): Stream {
  const result = newStream();
  for (const tuple of stream) {
    charge(COST.make);
    const value = code(tuple["@"], tuple);
    if (value === undefined) continue;
    const carried = isList(value) && value.tupleStream === true;
    for (const [place, item] of (isList(value) ? value : [value]).entries()) {
      charge(COST.make);
      const next = Object.assign(new Made(), tuple);
      if (carried) Object.assign(next, item);
      else {
        if (focus === null) next["@"] = item;
        else next[focus] = item;
        if (index !== null) next[index] = place;
        if (ancestor !== null) next[ancestor] = tuple["@"];
      }
      result.push(next);
    }
  }
  return result;
}

/** A filter over the stream. */
export function testStream(stream: Stream, code: Code): Stream {
  const result = newStream();
  for (const [index, tuple] of stream.entries()) {
    charge(COST.make);
    for (let times = picks(code(tuple["@"], tuple), index, stream.length); times > 0; times -= 1) result.push(tuple);
  }
  return result;
}

export function pickStream(stream: Stream, index: number): Stream {
  const result = newStream();
  const tuple = stream[index < 0 ? stream.length + index : index];
  if (tuple !== undefined) result.push(tuple);
  return result;
}

/** `#$i` behind a filter. */
export function numberStream(stream: Stream, name: string): Stream {
  for (const [index, tuple] of stream.entries()) tuple[name] = index;
  return stream;
}

/** `^(…)` over a stream. */
export function orderStream(stream: Stream, terms: readonly TupleTerm[]): Stream {
  const byTuple = terms.map(
    ([descending, code]): Term<Tuple> => ({ descending, value: (tuple) => code(tuple["@"], tuple) }),
  );
  const result = newStream();
  for (const tuple of orderBy(stream, byTuple)) result.push(tuple);
  return result;
}

/** `^(…)#$i` at the beginning of a stream. */
export function orderIntoStream(items: readonly unknown[], terms: readonly TupleTerm[], index: string): Stream {
  const byItem = terms.map(([descending, code]): Term<unknown> => ({ descending, value: (item) => code(item, {}) }));
  const stream = beginStream(orderBy(items, byItem));
  for (const [place, tuple] of stream.entries()) tuple[index] = place;
  return stream;
}

/** The items of a stream, as the value of its path. */
export function endStream(stream: Stream, keep: boolean): unknown {
  const items = newSequence();
  for (const tuple of stream) items.push(tuple["@"]);
  return keep ? normalKept(items) : normal(items);
}

/** An object constructor over a stream: what is bound for the items of a group is appended too. */
export function groupStream(stream: Stream, pairs: readonly (readonly [key: Code, value: Code])[]): unknown {
  const groups = new Made() as Groups;
  for (const tuple of stream) {
    for (const [index, [key]] of pairs.entries()) addToGroup(groups, keyOf(key(tuple["@"], tuple)), index, tuple);
  }
  const object = new Made();
  for (const [key, { pair, items }] of Object.entries(groups)) {
    const tuple = joined(items as Tuple[]);
    const item = tuple["@"];
    // JSONata takes it out of what may be the tuple itself: other groups of that tuple no longer see it.
    delete tuple["@"];
    const value = pairs[pair]?.[1](item, tuple);
    if (value !== undefined) object[key] = value;
  }
  return object;
}

/** What is bound for all items of a group; a tuple that is alone is not copied. */
function joined(tuples: readonly Tuple[]): Tuple {
  const [first] = tuples;
  if (first !== undefined && tuples.length === 1) return first;
  const result: Tuple = Object.assign(new Made(), first);
  for (const tuple of tuples.slice(1)) {
    for (const name of Object.keys(tuple)) result[name] = append(result[name], tuple[name]);
  }
  return result;
}
