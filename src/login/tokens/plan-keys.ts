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

interface Circumstances {
  readonly now: number;
  /** Whether this process can open the key; one that cannot makes its own, and drops nobody else's. */
  readonly usable: (key: SigningKeyRow) => boolean;
  /** From a login to the end of its session. */
  readonly sessions: number;
}

/** Which key signs, and which are to be made and dropped. Instants and lengths are milliseconds. */
export function planKeys(keys: readonly SigningKeyRow[], { now, usable, sessions }: Circumstances): KeyPlan {
  const own = keys.filter(usable).toSorted((a, b) => a.signsFrom - b.signsFrom);
  // None has begun when the clock was set back: the first of them, then.
  const current = own.findLast(({ signsFrom }) => signsFrom <= now) ?? own[0];
  const latest = own.at(-1);
  if (current === undefined || latest === undefined) return { signing: null, makeFrom: now, drop: [] };
  const ends = latest.signsFrom + SIGNS_FOR;
  const stays = Math.max(STAYS, sessions + AFTER_SESSIONS);
  const over = own.filter((_key, i) => {
    const next = own[i + 1];
    return next !== undefined && next.signsFrom + stays < now;
  });
  return {
    signing: current.kid,
    makeFrom: latest === current && ends - AHEAD <= now ? Math.max(ends, now + AHEAD) : null,
    drop: over.map(({ kid }) => kid),
  };
}
