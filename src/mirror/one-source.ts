import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Which source a piece of work is about. Every session that is lent for it says so to the database, which then shows and takes rows
 * of that source alone, where roles are separate (decision 0043).
 */
const asked = new AsyncLocalStorage<string>();

/** What a session is told that may see all of them: never what a source is called. */
export const ALL_SOURCES = "*";

/** Until `work` is done, with all that it calls, the database is asked about this source alone. */
export const aboutSource = <T>(source: string, work: () => T): T => asked.run(source, work);

/** For what is about all of them, also when something does it that is about one. */
export const acrossSources = <T>(work: () => T): T => asked.run(ALL_SOURCES, work);

export const sourceAskedAbout = (): string => asked.getStore() ?? ALL_SOURCES;
