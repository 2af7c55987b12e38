/** A real OpenID provider, run by `node` alone: its packages are modules of the newer kind. Tells its address to its parent. */
import { createServer } from "node:http";
import Provider from "oidc-provider";

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "us",
        client_secret: "c&lient:secret",
        redirect_uris: ["http://127.0.0.1/v1/login/acme/callback"],
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    pkce: { required: () => true },
    features: { introspection: { enabled: true }, devInteractions: { enabled: true } },
    // As it comes, claims of a scope are at the userinfo endpoint alone.
    claims: { openid: ["sub"], email: ["email"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id.toUpperCase()}@x.example` }) }),
    ttl: { AccessToken: 300, IdToken: 300, Interaction: 300, Session: 300, Grant: 300 },
    cookies: { keys: ["for tests"] },
  });
  server.on("request", provider.callback());
  process.send({ issuer });
});
process.on("disconnect", () => process.exit());
