import type { Job } from "../../domain/job";

/** How to have raw records of a source kept, as the beginning of a `fix`. */
export const howToKeep = ({ source, file, keepRaw }: Job): string =>
  keepRaw === null ? `put \`keepRaw: true\` into ${file} and sync` : `sync ${source} once`;
