// A relying party on npm's openid-client, which nobody here wrote: it prints where the citizen
// must go, reads where they came back to, and prints what it then got. USES says what it adds to
// a plain sign-in: par, jar, jarm, dpop; or device, and then nobody comes back.
import { createInterface } from 'node:readline/promises'
import * as client from 'openid-client'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, CLIENT_JWK, REDIRECT_URI, AFTER, SCOPE } = process.env
const uses = (what) => (process.env.USES ?? '').split(' ').includes(what)

async function signingKey() {
  const { kid, ...jwk } = JSON.parse(CLIENT_JWK)
  const curve = { name: 'ECDSA', namedCurve: 'P-256' }
  return { key: await crypto.subtle.importKey('jwk', jwk, curve, false, ['sign']), kid }
}

async function authentication() {
  if (CLIENT_JWK) return client.PrivateKeyJwt(await signingKey())
  return CLIENT_SECRET ? client.ClientSecretBasic(CLIENT_SECRET) : client.None()
}

const config = await client.discovery(
  new URL(ISSUER), CLIENT_ID, { id_token_signed_response_alg: 'ES256' }, await authentication(),
  { execute: [client.allowInsecureRequests] },
)
if (uses('jarm')) client.useJwtResponseMode(config)
const bound = uses('dpop')
  ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) }
  : {}
const lines = createInterface({ input: process.stdin })

async function fromTheBrowser() {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const expectedNonce = client.randomNonce()
  let request = {
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  }
  if (uses('jar')) {
    const signed = await client.buildAuthorizationUrlWithJAR(config, request, await signingKey())
    request = signed.searchParams
  }
  const url = uses('par')
    ? await client.buildAuthorizationUrlWithPAR(config, request, bound)
    : client.buildAuthorizationUrl(config, request)
  console.log(JSON.stringify({ url: url.href }))
  const callback = new URL(await lines.question(''))
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true }
  return client.authorizationCodeGrant(config, callback, checks, undefined, bound)
}

async function fromTheDevice() {
  const asked = await client.initiateDeviceAuthorization(config, { scope: SCOPE })
  console.log(JSON.stringify({ url: asked.verification_uri_complete, code: asked.user_code }))
  await lines.question('')
  // It has its answer already: nobody need wait the five seconds that others have to.
  return client.pollDeviceAuthorizationGrant(config, { ...asked, interval: 0 }, undefined, bound)
}

const tokens = await (uses('device') ? fromTheDevice() : fromTheBrowser())
const { sub } = tokens.claims()
const userinfo = await client.fetchUserInfo(config, tokens.access_token, sub, bound)
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, bound)
const again = await client.fetchUserInfo(config, refreshed.access_token, sub, bound)
await client.tokenRevocation(config, refreshed.access_token)
const refused = await client.fetchUserInfo(config, refreshed.access_token, sub, bound)
  .then(() => false, () => true)
const goodbye = client.buildEndSessionUrl(config, {
  id_token_hint: tokens.id_token, ...(AFTER && { post_logout_redirect_uri: AFTER }),
})
lines.close()
console.log(JSON.stringify({
  sub, userinfo, again, refused, kind: tokens.token_type, signOut: goodbye.href,
}))
