import { refuseEmpty } from "./refuse-empty";

/** An empty key belongs to nobody. */
export function givenKey(text: string): string {
  refuseEmpty(text, "a key");
  return text;
}
