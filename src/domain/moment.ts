/** An RFC 3339 time to the second: "2026-11-22 13:59:02 UTC". */
export function moment(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
