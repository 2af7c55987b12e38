/**
 * Why a declared total that falls while a list is read proves nothing: somebody who left from a page already read moves
 * everybody after them by one, and one of them over the edge of a page, unread. A total that grows moves people only
 * onto a second page, where they are met again.
 *
 * @returns null where nothing speaks against it
 */
export const fallenTotal = (before: number | null, now: number | null, place: string): string | null =>
  before !== null && now !== null && now < before
    ? `${before} were declared at first and ${now} on ${place}: a record that left meanwhile may have moved others past a page`
    : null;
