import { createHash, randomBytes } from "node:crypto";

/** As it is kept of what is random and long: an API key, a handle, a code. */
export const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();

const API_KEY = /^usk_[A-Za-z0-9_-]{43}$/;

/** Shown once. The prefix lets scanners of source code tell what they found. */
export const makeApiKey = (): string => `usk_${randomBytes(32).toString("base64url")}`;

/** What could not be a key need not be looked up. */
export const isApiKey = (text: string): boolean => API_KEY.test(text);

export const makeCode = (): string => randomBytes(32).toString("base64url");
