/** A real SAML 2.0 identity provider, the npm package `samlp`: what it would have a browser post. */
const samlp = require("samlp") as Samlp;

interface Samlp {
  getSamlResponse(options: object, user: object, done: (error: unknown, response: string) => void): void;
}

export const IDP = "https://idp.example/metadata";
export const AUDIENCE = "https://us.example/saml";
export const RECIPIENT = "https://app.example/saml/acs";

interface Wish {
  readonly user?: string;
  readonly email?: string;
  readonly [option: string]: unknown;
}

/** The XML of a response about one person, as signed there unless `options` say otherwise. */
export function respond({ user = "u1", email = "a@x.example", ...options }: Wish = {}): Promise<string> {
  const signing = { cert: IDP_CERTIFICATE, key: IDP_KEY, signatureAlgorithm: "rsa-sha256", digestAlgorithm: "sha256" };
  const about = {
    issuer: IDP,
    audience: AUDIENCE,
    recipient: RECIPIENT,
    destination: RECIPIENT,
    lifetimeInSeconds: 300,
  };
  const person = { id: user, emails: [{ value: email }], displayName: "A", name: {}, provider: "test", _json: {} };
  return new Promise((resolve, reject) => {
    samlp.getSamlResponse({ ...signing, ...about, ...options }, person, (error, response) =>
      error ? reject(error) : resolve(response),
    );
  });
}

/** In use in tests alone. */
export const IDP_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIDDzCCAfegAwIBAgIUbJkhL7CRLctZe/urZjA/US0U0n4wDQYJKoZIhvcNAQEL
BQAwFjEUMBIGA1UEAwwLaWRwLmV4YW1wbGUwIBcNMjYxMTI3MDIwMjUxWhgPMjEy
NjExMDMwMjAyNTFaMBYxFDASBgNVBAMMC2lkcC5leGFtcGxlMIIBIjANBgkqhkiG
9w0BAQEFAAOCAQ8AMIIBCgKCAQEAhzL8d40SVwozC/Guuvr6uNE3QoZUWfhn51PO
yGQUi9LkY7OI4/EhxFTvK1LUvFdVi6T7FnZAfparcQ7/amonAcGXfTdcSkfKZ/aZ
QILyv1V3hOhXWVXuVY1r9rOEWcwZ7UcSBEG1xTJBRk/B474peoWK/J9FawG+VnUX
DQmGrq0mStx23OUFEXl4ADqGpW4Y0K0QhJN71srgaOSo+HbX7ec8PXUqFumORdXY
wey+eY95nFeNKMTCfgzAerIp24aq66qL8lBmd+3wEfdtUWjRQsgTitMskeUSwE8t
+MMZh4cDalqgjxyKy6AH13CuPplE8sTH7v7PuUDhNjn0XvGcUwIDAQABo1MwUTAd
BgNVHQ4EFgQUS7wAWVydAucPbtXc4YE8yAahqKQwHwYDVR0jBBgwFoAUS7wAWVyd
AucPbtXc4YE8yAahqKQwDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOC
AQEAGx5eaahgUjKSD5IP3YlLS8ay+VnvLA3taXTgTSze3Nq882lxQhK05JrUFe2E
D/6xUIAemN4XAq0GGESmNX+Ys6iYS7Mn1OEiymFxHWms5COqfYH3fpFlF8apXAQr
NZVscFxaa2g5hRoIQnNi6hVOKNiqRMjLYL/keOGkgRvkboPphpPt7GVPjeOO/ZoB
q9g9XLM+b+qgP+JAvdWTer/fgCeCK+WUYIu9tjTbOg8uTW2JaZT0LAE6y2CA6UN1
67/gj/MarDk2SZk+TurIMsIJnqRQAu9UeDsaWF+v1d82EuIq10pAubRseTKeEuuD
uVvZkYzbKpB6Ue/nzRxwAa545A==
-----END CERTIFICATE-----`;
const IDP_KEY = `-----BEGIN PRIVATE KEY-----
MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCHMvx3jRJXCjML
8a66+vq40TdChlRZ+GfnU87IZBSL0uRjs4jj8SHEVO8rUtS8V1WLpPsWdkB+lqtx
Dv9qaicBwZd9N1xKR8pn9plAgvK/VXeE6FdZVe5VjWv2s4RZzBntRxIEQbXFMkFG
T8Hjvil6hYr8n0VrAb5WdRcNCYaurSZK3Hbc5QUReXgAOoalbhjQrRCEk3vWyuBo
5Kj4dtft5zw9dSoW6Y5F1djB7L55j3mcV40oxMJ+DMB6sinbhqrrqovyUGZ37fAR
921RaNFCyBOK0yyR5RLATy34wxmHhwNqWqCPHIrLoAfXcK4+mUTyxMfu/s+5QOE2
OfRe8ZxTAgMBAAECggEAOzRVoJizTlBWGEXmqVTc1HAxzbz7VUbVYVSu+cvxv2VD
xHFLYd4nVk2HSqaEKFHqUTOXDLgN+CFMxD64FMaVfExlZV0H2jNj7HDtnXV6jdUE
eLwx/BoIO4ipnafxLk2VkPWNazXHPqqKMRseIfgVO+Uc/xFUGc7ypfOye3APfZAM
gGHkTOf5283nUzM5Lt9PB5+0/8mUmAOc4H1+0DemRDZmq7qDZEkqLa5rTkus1jcv
MSR3SM4tf8U9e4JlsIb+zOkiTK50NxXFxurdzoHINzKXAuuYSuojVohF0Eq1QlnW
cGbgKAkcdQsLw+YxyMgiMQcmIeHZsSe9sV3k8M3xoQKBgQC8UeCocMvlcuEhAiku
0rCmTyBUewNkvztsjPcbmoxxqKrEMlp2fJrbp9ND12bZY0zazUZNRZu87tTmh8kC
x5WDF//uIhM2ZAYaGjmZAfB544KTHPv8VpXoUBU8I8KF+ayk+4gFDwyV83H3b9vl
NibXgZBJfIIiro4/Xv9466LHcQKBgQC3yc9sIfgTjW9OTaPDpj3oVUyTOSEDSLDZ
xWj8oXbFnEg+nTlXXrc4W9W9eEF8IhjchAQfykcbUzt6yCO9Ej226D7yt58dRzSj
xI1FN/gW7JGZCQc/lnFawwtw0s/pdHBGNB3BQE623+jD1ZgSG3TjxE+uYknDbm4r
1bc4GxamAwKBgEEQfPFVf2z4IwZXi8kMrFHZls75bXO6ipp3nczgudNvNgjxaMX1
ST/JHTocSwGiyGP0dmyuNx+w2MgJdA7MzEBt41PwW/j32A/erbXKsL48N9oCMqG9
fK+2M5ACvuuxFtAtw5IT4AJTCTY3ZJ8t9X+R2Ts6lG/NJYKJnPS3XRdRAoGAV0KO
JP0L19yzGC5srpvjkMfPD6d0MSb2MK815ZyT08cb1f64Fu91dmDD3q2WCeX2f9x+
SMm1cRfXibg0n7RlcM5b9MmR1kjUiVzs5gxo0hmIF2zd8CbxsvIgIHU3GdSa6foc
loB93v34eeKTzSUUHoA6hMVN2Gg6Dr3tu8nAuxkCgYBm//kUwxn0vBEg+vN4NOmq
FA1x/j0KbebVFpXSJ3GX0j2GKM8oSbmxB3Ye0gLpdPlexod10eLazFqmWKBxIdUC
05rewUZloRD0dN3bJxld44QpwWAiBIZy6HIREESK7FzbM0Zs8Fw0nTS5KhJmyWYk
3UcL2YXvjZuXz2DUumOlGQ==
-----END PRIVATE KEY-----`;
