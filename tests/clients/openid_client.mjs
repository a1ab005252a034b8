// A relying party on npm's openid-client, which nobody here wrote: it prints where the citizen
// must go, reads where they came back to, and prints what it then got.
import { createInterface } from 'node:readline/promises'
import * as client from 'openid-client'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, CLIENT_JWK, REDIRECT_URI, SCOPE } = process.env

async function authentication() {
  if (!CLIENT_JWK) return client.ClientSecretBasic(CLIENT_SECRET)
  const { kid, ...jwk } = JSON.parse(CLIENT_JWK)
  const curve = { name: 'ECDSA', namedCurve: 'P-256' }
  const key = await crypto.subtle.importKey('jwk', jwk, curve, false, ['sign'])
  return client.PrivateKeyJwt({ key, kid })
}

const config = await client.discovery(
  new URL(ISSUER), CLIENT_ID, { id_token_signed_response_alg: 'ES256' }, await authentication(),
  { execute: [client.allowInsecureRequests] },
)
const pkceCodeVerifier = client.randomPKCECodeVerifier()
const expectedState = client.randomState()
const expectedNonce = client.randomNonce()
const request = {
  redirect_uri: REDIRECT_URI,
  scope: SCOPE,
  state: expectedState,
  nonce: expectedNonce,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
}
const build = CLIENT_JWK ? client.buildAuthorizationUrlWithPAR : client.buildAuthorizationUrl
console.log(JSON.stringify({ url: (await build(config, request)).href }))

const lines = createInterface({ input: process.stdin })
const callback = new URL(await lines.question(''))
lines.close()
const tokens = await client.authorizationCodeGrant(config, callback, {
  pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true,
})
const { sub } = tokens.claims()
const userinfo = await client.fetchUserInfo(config, tokens.access_token, sub)
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
const again = await client.fetchUserInfo(config, refreshed.access_token, sub)
await client.tokenRevocation(config, refreshed.access_token)
const goodbye = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token })
console.log(JSON.stringify({ sub, userinfo, again, signOut: goodbye.href }))
