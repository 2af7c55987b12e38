import type { BrowserWay, LoginPolicy, PasswordWay, TokenWay } from "./login";
import type { Expression } from "./mapping";

type Ways = Pick<LoginPolicy, "password" | "token" | "browser">;

/** The expressions of one way to sign in, and what there is for them to see. */
export interface WayExpressions {
  readonly expressions: readonly Expression[];
  /** Names at the top of what they see; null where the customer's system decides. */
  readonly sees: readonly string[] | null;
  /** Those of the expressions that must be true or false, in the order in which they are asked. */
  readonly conditions: readonly { readonly word: string; readonly expression: Expression }[];
}

export const expressionsByWay = (login: Ways | null): readonly WayExpressions[] =>
  [login?.password, login?.token, login?.browser].flatMap((way) =>
    way == null
      ? []
      : [
          {
            expressions: expressionsOf(way),
            sees: seenBy(way, way === login?.password),
            conditions: conditionsOf(way),
          },
        ],
  );

/** Every expression of a login's ways. */
export const loginExpressions = (login: Ways | null): readonly Expression[] =>
  expressionsByWay(login).flatMap(({ expressions }) => expressions);

function expressionsOf(way: PasswordWay | TokenWay | BrowserWay): readonly Expression[] {
  if (way.kind !== "http") return [way.subject.from];
  const { success, refused, disabled, subject } = way;
  return [success, refused, ...(disabled === null ? [] : [disabled]), subject.from];
}

function conditionsOf(way: PasswordWay | TokenWay | BrowserWay): WayExpressions["conditions"] {
  if (way.kind !== "http") return [];
  const { disabled, success, refused } = way;
  const last = [
    { word: "success", expression: success },
    { word: "refused", expression: refused },
  ];
  return disabled === null ? last : [{ word: "disabled", expression: disabled }, ...last];
}

function seenBy({ kind }: PasswordWay | TokenWay | BrowserWay, isPassword: boolean): readonly string[] | null {
  switch (kind) {
    case "http":
      return ["status", "headers", "body", ...(isPassword ? ["login"] : [])];
    case "oauth2-password":
      return ["claims", "body", "login"];
    case "saml":
      return ["nameId", "sessionIndex", "attributes"];
    default:
      return null;
  }
}
