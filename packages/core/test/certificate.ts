/**
 * A certificate of `localhost` that signed itself, for servers of tests on loopback. Its key is public and protects
 * nothing. Made by `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj
 * /CN=localhost`.
 */
export const CERTIFICATE = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUD6A6ZNIJMjFoz2DhcCifXzuCelIwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNjA5MTQwMFoYDzIxMjYxMTAy
MDkxNDAwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQRn2WP6pf7+yzsPZeszBkkVy3xdU8tzQR+iIiERLuO8l6PxdW42TKX
pblPJwPAWJ3tTTa1NQtZGlS7GRJOJFX8o28wbTAdBgNVHQ4EFgQUUhZSrsFVV6+u
E5A04a74UA1F8swwHwYDVR0jBBgwFoAUUhZSrsFVV6+uE5A04a74UA1F8swwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIge8HqeV1IegzapIXsOlV0fZ5GFn/3Yx0A7WmNKhduC+gCIQCj
pwoG3BaMW71Z3DRI+vw2T2A/VApAFZz6a9LpTtv6EQ==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgtsYWsOfcxiKER4sE
Pv4ityFRTfaYdhDogzbr5KvRcw+hRANCAAQRn2WP6pf7+yzsPZeszBkkVy3xdU8t
zQR+iIiERLuO8l6PxdW42TKXpblPJwPAWJ3tTTa1NQtZGlS7GRJOJFX8
-----END PRIVATE KEY-----
`,
} as const;
