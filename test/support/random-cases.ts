/** How many random cases are tried: a quarter in short, for every run of the tests tries others, and all in the whole campaign. */
export const casesOf = (whole: number): number =>
  process.env.UNDERSTUDY_CAMPAIGN === "long" ? whole : Math.ceil(whole / 4);
