// A relying party on npm's openid-client, which nobody here wrote: it prints where the citizen
// must go, reads where they came back to, and prints what it then got. USES says what it adds to
// a plain sign-in: par, jar, jarm, dpop, secret-jwt; or device, poll or ping, and then nobody
// comes back.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline/promises'
import { text } from 'node:stream/consumers'
import * as client from 'openid-client'

const { ISSUER, CLIENT_ID, CLIENT_SECRET, CLIENT_JWK, REDIRECT_URI, AFTER, SCOPE } = process.env
const { HINT, PING_PORT } = process.env
const uses = (what) => (process.env.USES ?? '').split(' ').includes(what)

async function signingKey() {
  const { kid, ...jwk } = JSON.parse(CLIENT_JWK)
  const curve = { name: 'ECDSA', namedCurve: 'P-256' }
  return { key: await crypto.subtle.importKey('jwk', jwk, curve, false, ['sign']), kid }
}

async function authentication() {
  if (CLIENT_JWK) return client.PrivateKeyJwt(await signingKey())
  if (uses('secret-jwt')) return client.ClientSecretJwt(CLIENT_SECRET)
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

async function fromBehind() {
  const bell = uses('ping') ? { client_notification_token: client.randomState() } : {}
  const wish = { scope: SCOPE, login_hint: HINT, binding_message: 'Booking 4711', ...bell }
  const signed = await client.buildAuthorizationUrlWithJAR(config, wish, await signingKey())
  const request = signed.searchParams.get('request')
  const asked = await client.initiateBackchannelAuthentication(config, { request })
  const listener = uses('ping') ? createServer().listen(Number(PING_PORT), '127.0.0.1') : undefined
  const ring = listener && once(listener, 'request')
  console.log(JSON.stringify({ url: ISSUER }))
  await lines.question('')
  if (listener) {
    const [told, answer] = await ring
    const { auth_req_id } = JSON.parse(await text(told))
    answer.writeHead(204).end()
    listener.close()
    if (told.headers.authorization !== `Bearer ${bell.client_notification_token}`) throw told
    if (auth_req_id !== asked.auth_req_id) throw told
  }
  return client.pollBackchannelAuthenticationGrant(
    config, { ...asked, interval: 0 }, undefined, bound,
  )
}

const behind = uses('poll') || uses('ping')
const tokens = await (
  uses('device') ? fromTheDevice() : behind ? fromBehind() : fromTheBrowser()
)
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
