/** So many bad records mean that the upstream or its mapping has changed its shape. */
const REJECTS_THAT_STOP = { from: 20, share: 0.4 };

/** Whether so many records could not be mapped that the others are not to be believed either. */
export function isBeyondBelief(rejected: number, fetched: number): boolean {
  return rejected >= REJECTS_THAT_STOP.from && rejected > fetched * REJECTS_THAT_STOP.share;
}
