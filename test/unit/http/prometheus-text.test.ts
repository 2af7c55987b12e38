import { checkPrometheusText } from "../../support/prometheus-text";

/** Lines of a text, with its last newline. */
const lines = (...text: string[]): string => `${text.join("\n")}\n`;
const counter = (...samples: string[]): string => lines("# HELP a_total Some", "# TYPE a_total counter", ...samples);
const gauge = (...samples: string[]): string => lines("# HELP g Some", "# TYPE g gauge", ...samples);
const histogram = (...samples: string[]): string => lines("# HELP h Some", "# TYPE h histogram", ...samples);
const HALF = 'h_bucket{le="0.5"} 1';
const REST = ['h_bucket{le="+Inf"} 2', "h_sum 3.5", "h_count 2"];

test.each([
  ["nothing but a comment", "# as one likes\n"],
  ["a counter", counter('a_total{b="c",d="e"} 1', 'a_total{b="c",d="f"} 2 1395066363000')],
  ["escapes", gauge('g{b="a\\\\ \\" \\n }{,="} 1')],
  ["values", gauge('g{b="1"} NaN', 'g{b="2"} -Inf', 'g{b="3"} +Inf', 'g{b="4"} -1.5e-7', 'g{b="5"} 0')],
  ["a metric without samples", gauge()],
  ["a help with escapes", lines("# HELP g a\\\\b\\nc", "# TYPE g gauge", "g 1")],
  ["a histogram", histogram(HALF, ...REST)],
  [
    "histograms by label",
    histogram('h_bucket{s="x",le="+Inf"} 0', 'h_sum{s="x"} 0', 'h_count{s="x"} 0', HALF, ...REST),
  ],
  ["a summary", lines("# HELP s Some", "# TYPE s summary", 's{quantile="0.5"} 4', "s_sum 10", "s_count 3")],
])("accepts %s", (_what, text) => expect(checkPrometheusText(text)).toEqual([]));

test.each([
  ["no newline at the end", counter("a_total 1").trimEnd(), "does not end with a newline"],
  ["nothing at all", "", "does not end with a newline"],
  ["Windows' line ends", counter("a_total 1").replaceAll("\n", "\r\n"), "carriage return"],
  ["no HELP", lines("# TYPE g gauge", "g 1"), "g has no HELP"],
  ["an empty HELP", lines("# HELP g ", "# TYPE g gauge", "g 1"), "says nothing"],
  ["no TYPE", lines("# HELP g Some", "g 1"), "g has no TYPE"],
  ["two HELPs", lines("# HELP g Some", "# HELP g More", "# TYPE g gauge", "g 1"), "a second HELP"],
  ["two TYPEs", lines("# HELP g Some", "# TYPE g gauge", "# TYPE g gauge", "g 1"), "a second TYPE"],
  ["an unknown type", lines("# HELP g Some", "# TYPE g guage", "g 1"), "`guage` is no type"],
  ["TYPE after samples", lines("# HELP g Some", "g 1", "# TYPE g gauge"), "comes after its samples"],
  ["an escape in HELP", lines("# HELP g a\\tb", "# TYPE g gauge", "g 1"), "unknown escape in the HELP"],
  ["lines that are apart", `${gauge("g 1")}${counter("a_total 1")}g{b="c"} 2\n`, "are not together"],
  ["a metric's name", gauge("g-h 1"), "cannot be a metric's name"],
  ["a name in HELP", lines("# HELP 1g Some", "# TYPE 1g gauge"), "cannot be named"],
  ["a label's name", gauge('g{b-c="d"} 1'), "cannot be a label's name"],
  ["a reserved label", gauge('g{__b="d"} 1'), "is reserved"],
  ["a label twice", gauge('g{b="c",b="d"} 1'), "the label `b` twice"],
  ["a label without quotes", gauge("g{b=c} 1"), "broken labels"],
  ["labels without a comma", gauge('g{b="c"d="e"} 1'), "broken labels"],
  ["a comma too many", gauge('g{b="c",} 1'), "broken labels"],
  ["labels without an end", gauge('g{b="c" 1'), "broken labels"],
  ["a quote without its escape", gauge('g{b="c"d"} 1'), "broken labels"],
  ["an unknown escape", gauge('g{b="\\t"} 1'), "unknown escape in the label"],
  ["a line break in a label", gauge('g{b="c', 'd"} 1'), "broken labels"],
  ["no value", gauge("g"), "no value that is a number"],
  ["a value that is a word", gauge("g many"), "no value that is a number"],
  ["a JavaScript infinity", gauge("g Infinity"), "no value that is a number"],
  ["undefined", gauge("g undefined"), "no value that is a number"],
  ["a timestamp that is none", gauge("g 1 today"), "`today` is no timestamp"],
  ["more after the timestamp", gauge("g 1 2 3"), "no value that is a number"],
  ["a series twice", gauge('g{a="1",b="2"} 1', 'g{b="2",a="1"} 1'), "is there twice"],
  ["a counter's name", lines("# HELP a Some", "# TYPE a counter", "a 1"), "does not end in _total"],
  ["a counter below zero", counter("a_total -1"), "counts -1"],
  ["a counter that is none", counter("a_total NaN"), "counts NaN"],
  ["buckets out of order", histogram('h_bucket{le="1"} 1', HALF, ...REST), "are not in order"],
  ["a bucket twice", histogram(HALF, HALF, ...REST), "is there twice"],
  ["buckets that are not cumulative", histogram('h_bucket{le="0.5"} 3', ...REST), "are not cumulative"],
  ["no bucket +Inf", histogram(HALF, "h_sum 3.5", "h_count 2"), "no bucket +Inf"],
  ["+Inf that is not the count", histogram(HALF, 'h_bucket{le="+Inf"} 2', "h_sum 3", "h_count 3"), "is not its _count"],
  ["no _sum", histogram(HALF, 'h_bucket{le="+Inf"} 2', "h_count 2"), "has no _sum"],
  ["no _count", histogram(HALF, 'h_bucket{le="+Inf"} 2', "h_sum 2"), "has no _count"],
  ["a bucket without le", histogram("h_bucket 1", ...REST), "has no le"],
  ["no _sum for one label", histogram(HALF, ...REST, 'h_bucket{s="x",le="+Inf"} 0', 'h_count{s="x"} 0'), "has no _sum"],
  ["a histogram's bare name", histogram(HALF, ...REST, "h 1"), "has no bare h"],
])("finds %s", (_what, text, message) =>
  expect(checkPrometheusText(text)).toEqual(expect.arrayContaining([expect.stringContaining(message)])),
);
