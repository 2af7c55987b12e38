import type { LoginPolicy } from "./login";
import type { Expression } from "./mapping";

/** Every expression of a login's ways. */
export function loginExpressions(
  login: Pick<LoginPolicy, "password" | "token" | "browser"> | null,
): readonly Expression[] {
  return [login?.password, login?.token, login?.browser].flatMap((way) => {
    if (way == null) return [];
    const judging =
      way.kind === "http" ? [way.success, way.refused, ...(way.disabled === null ? [] : [way.disabled])] : [];
    return [...judging, way.subject.from];
  });
}
