/** The `login:` of a job whose customer's system is asked by a request, and answers 200 with who it is, or 401. */
export const HTTP_LOGIN = `
login:
  mode: live-first
  deadline: 2s
  password:
    kind: http
    post: /login
    json: { name: "{login}", word: "{password}" }
    success: status = 200
    refused: status = 401
    subject: { key: body.id }
`;
