/** 1204 -> "1,204" */
export const grouped = (count: number): string => count.toLocaleString("en-US");

/** 2, "reject" -> "2 rejects" */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : many}`;
