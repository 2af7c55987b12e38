/** An API, and what `check` says of a mapping of its records. */
import { ApiDocument } from "../../../src/config/openapi/api-document";
import { shapeOf } from "../../../src/config/openapi/record-shape";
import { checkPaths, type Shapes } from "../../../src/mapping/check-paths/check-paths";
import { expression, mappingSpec, type ShortSpec } from "./mapping-spec";

const USER = {
  type: "object",
  required: ["id", "login", "status", "active", "profile", "groups", "admin", "level"],
  properties: {
    id: { type: "string" },
    login: { type: "string" },
    nick: { type: ["string", "null"] },
    status: { type: "string", enum: ["ACTIVE", "SUSPENDED", "ENDED"] },
    active: { type: "boolean" },
    admin: { type: "string", enum: ["true", "false"] },
    level: { type: "integer" },
    profile: {
      type: "object",
      required: ["email"],
      properties: { email: { type: "string" }, phone: { type: ["string", "null"] }, firstName: { type: "string" } },
    },
    groups: {
      type: "array",
      items: {
        type: "object",
        required: ["id", "type"],
        properties: {
          id: { type: "string" },
          type: { type: "string", enum: ["org", "team"] },
          owner: { $ref: "#/components/schemas/User" },
          tags: { type: "array", items: { type: "string" } },
        },
      },
    },
    emails: { type: "array", items: { properties: { value: { type: "string" }, primary: { type: "boolean" } } } },
    custom: { type: "object", properties: { department: { type: "string" } }, additionalProperties: true },
    labels: { type: "object", additionalProperties: { type: "string" } },
    anything: {},
    either: { oneOf: [{ type: "string" }, { type: "object", properties: { id: { type: "string" } } }] },
  },
};

const DOCUMENT = new ApiDocument({ paths: {}, components: { schemas: { User: USER } } });
/** Of the records that the tests of `check` are about, and of their parent. */
export const SHAPES: Shapes = {
  record: shapeOf(DOCUMENT, USER),
  parent: shapeOf(DOCUMENT, { properties: { id: { type: "string" }, name: { type: "string" } } }),
};

/** What `check` says of a mapping, in lines. */
export const told = (spec: ShortSpec, shapes = SHAPES, deletes: string | null = null) =>
  checkPaths(mappingSpec(spec), deletes === null ? null : expression(deletes), shapes).map((found) => {
    const { code, severity, message, hint, offset, length } = found;
    return `${severity === "warning" ? "warning " : ""}${code} ${offset}+${length} ${message}${hint === null ? "" : ` → ${hint}`}`;
  });
