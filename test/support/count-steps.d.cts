/** Works as the run at a place among those of the process. */
export function asRun(place: number, work: () => Promise<void>): Promise<void>;
