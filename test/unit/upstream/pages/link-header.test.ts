import { readLink } from "../../../../src/upstream/pages/link-header";

const cases: readonly [string, string, string | null | undefined][] = [
  ["one link", '<https://h/users?page=2>; rel="next"', "https://h/users?page=2"],
  ["among others", '</a>; rel="prev", </b>; rel="next", </c>; rel="last"', "/b"],
  ["several relations in one", '</b>; rel="last next"', "/b"],
  ["case of names and relations", "</b>; REL=NEXT", "/b"],
  ["a token instead of quotes", "</b>;rel=next", "/b"],
  ["apostrophes instead of quotes", "</b>; rel='next'", "/b"],
  ["several relations between apostrophes", "</b>; title='it'; rel='prev', </c>; rel='next'", "/c"],
  ["a relation in another alphabet", "</b>; rel*=UTF-8''next", undefined],
  ["commas and semicolons in the address", "</b?x=1,2;3>; rel=next", "/b?x=1,2;3"],
  ["commas and quotes in a title", '</a>; title="a, \\"b\\"; <c>"; rel="prev", </b>; rel="next"', "/b"],
  ["a parameter without a value", "</b>; crossorigin; rel=next", "/b"],
  ["empty elements", ' , </a>; rel=prev ,, </b>; rel="next" , ', undefined],
  ["empty elements after the first", '</a>; rel=prev ,, </b>; rel="next" , ', "/b"],
  ["the first relation counts", '</b>; rel="prev"; rel="next"', null],
  ["a link with an anchor may be about another page", '</b>; rel="next"; anchor="/other"', undefined],
  ["a link with an empty anchor is about this page", '</b>; rel="next"; anchor=""', "/b"],
  ["a link of another relation may have any anchor", '</a>; rel="self"; anchor="/other", </b>; rel="next"', "/b"],
  ["no link of that relation", '</a>; rel="prev"', null],
  ["no header", "", null],
  ["no angle brackets", 'https://h/b; rel="next"', undefined],
  ["cut in the middle", '</a>; rel="prev", </b', undefined],
  ["an open quote", '</a>; rel="next', undefined],
];

test.each(cases)("%s", (_name, header, target) => {
  expect(readLink(header, "next")).toBe(target);
});
