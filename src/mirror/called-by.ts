/** Which field the name of a person is taken from, `coalesce(display_name, username)`; SQL. */
export const calledBy = (users: string): string =>
  `case when ${users}.display_name is not null then 'display_name' when ${users}.username is not null then 'username' end`;
