import { refuseEmpty } from "./refuse-empty";

/** An empty name would be the current folder, and with it another mirror than was meant. */
export function givenFolder(text: string): string {
  refuseEmpty(text, "a folder");
  return text;
}
