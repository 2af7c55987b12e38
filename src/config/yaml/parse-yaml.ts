import { type Document, isMap, isScalar, parseDocument, type ScalarTag, type Tags } from "yaml";
import type { Problem } from "../../domain/errors";
import { Entry, type FileCodes, type YamlFile } from "./entry";
import { maskSecrets } from "./mask-secrets";
import { SourceText } from "./source-text";
import { yamlMistakes } from "./yaml-mistakes";

/**
 * A whole number that JavaScript's numbers do not hold is a text, digit for digit, as in what an upstream answers. One that was none
 * there is written as it may have been.
 */
const LONG_INTEGER: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: /^-?[1-9]\d{15,}$/,
  resolve: (text) => (Number.isSafeInteger(Number(text)) ? Number(text) : text),
  identify: (value) => Number.isInteger(value) && !Number.isSafeInteger(value),
  stringify: ({ value }) => Number(value).toExponential(),
};

/**
 * Keys are taken as they are written: `on`, `010` and `1.0` are texts, and so they are found in a record's values. Tags of YAML
 * 1.1 such as `!!binary` are refused as any others: what they give is no JSON.
 */
export const YAML_OPTIONS = {
  ...({ prettyErrors: false, version: "1.2", logLevel: "error", stringKeys: true } as const),
  resolveKnownTags: false,
  customTags: (tags: Tags): Tags => [LONG_INTEGER, ...tags],
} as const;

/** Parses one YAML 1.2 document. Null when it cannot be read, with the reasons in `problems`. */
export function parseYaml(file: string, text: string, codes: FileCodes, problems: Problem[]): Entry | null {
  const plain = text.replace(/^\uFEFF/, "");
  const document = parseDocument(plain, YAML_OPTIONS);
  const source = new SourceText(file, plain, maskSecrets(plain, document));
  const yaml: YamlFile = { source, document, codes, problems, expressions: new Map(), misshapen: new Set() };

  const { mistakes, isReadable } = yamlMistakes(source, document);
  problems.push(...mistakes.map((mistake) => source.problem({ code: codes.syntax, ...mistake })));
  if (!isReadable) return null;

  const unusable = whyUnusable(document);
  if (unusable !== null) {
    problems.push(source.problem({ code: codes.syntax, message: unusable, start: 0, length: 1 }));
    return null;
  }
  return new Entry(yaml, "", document.contents, null, null);
}

function whyUnusable(document: Document): string | null {
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return "the file is empty";
  if (!isMap(contents)) return "the file must be a map of words to values";
  try {
    document.toJS();
    return null;
  } catch {
    // The only thing left that the library refuses: a few lines of aliases can stand for gigabytes.
    return "the references to anchors in this file multiply without bounds";
  }
}
