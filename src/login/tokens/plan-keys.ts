import type { SigningKeyRow } from "../../domain/sessions";

const HOUR = 3_600_000;
/** A key signs for so long. */
const SIGNS_FOR = 30 * 24 * HOUR;
/** The next one is published before it signs, for applications that cache the key set. */
const AHEAD = 24 * HOUR;
/** The last one stays published at least so long after its successor took over, for tokens that still live. */
const STAYS = 24 * HOUR;
/** And longer than any session of its tokens, which a token that is over ends as well; processes read the keys at their own time. */
const AFTER_SESSIONS = HOUR;

export interface KeyPlan {
  /** Null when a key must be made first. */
  readonly signing: string | null;
  /** From when on the key to be made signs; null when none is due. */
  readonly makeFrom: number | null;
  readonly drop: readonly string[];
}

/** Whose secret opens a key: the one in use, one from before it, or none that this process has. */
type OpenedBy = "current" | "previous" | null;

interface Circumstances {
  readonly now: number;
  /** A process signs with none that it cannot open, and drops it only when its time is over. */
  readonly openedBy: (key: SigningKeyRow) => OpenedBy;
  /** From a login to the end of its session. */
  readonly sessions: number;
}

/** How long a key stays published after another one took over. */
const staysFor = (sessions: number): number => Math.max(STAYS, sessions + AFTER_SESSIONS);

/** The last moment at which a key is published that its reader cannot open: its successor may have been made at the last minute. */
export const staysUntil = ({ signsFrom }: SigningKeyRow, sessions: number): number =>
  signsFrom + SIGNS_FOR + AHEAD + staysFor(sessions);

/** Which key signs, and which are to be made and dropped. Instants and lengths are milliseconds. */
export function planKeys(keys: readonly SigningKeyRow[], { now, openedBy, sessions }: Circumstances): KeyPlan {
  const sorted = keys.toSorted((a, b) => a.signsFrom - b.signsFrom);
  const usable = sorted.filter((key) => openedBy(key) !== null);
  const own = sorted.filter((key) => openedBy(key) === "current");
  const begun = ({ signsFrom }: SigningKeyRow) => signsFrom <= now;
  // With a new secret the last key of the one before signs until ours is known. None has begun when the clock was set back.
  const current = own.findLast(begun) ?? usable.findLast(begun) ?? usable[0];
  const isOver = (key: SigningKeyRow): boolean => {
    const by = openedBy(key);
    if (by === null) return staysUntil(key, sessions) < now;
    // Never by its age: one that was found late signs until its successor does, however long that is.
    const later = (by === "current" ? own : usable).filter(({ signsFrom }) => signsFrom > key.signsFrom);
    return later.some(({ signsFrom }) => signsFrom + staysFor(sessions) < now);
  };
  return {
    signing: current?.kid ?? null,
    makeFrom: nextFrom(now, current, own.at(-1)),
    drop: sorted.filter((key) => key !== current && isOver(key)).map(({ kid }) => kid),
  };
}

function nextFrom(now: number, current: SigningKeyRow | undefined, latest: SigningKeyRow | undefined): number | null {
  if (current === undefined) return now;
  if (latest === undefined) return now + AHEAD;
  const ends = latest.signsFrom + SIGNS_FOR;
  return latest === current && ends - AHEAD <= now ? Math.max(ends, now + AHEAD) : null;
}
