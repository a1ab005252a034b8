// A page on npm's oidc-client-ts, which nobody here wrote. Its server only serves files: the code
// is redeemed, and everything is read, by this script of another origin.
const { issuer, client_id, dpop } = await (await fetch("/settings.json")).json();
const store = new oidc.WebStorageStateStore({ store: sessionStorage });
const manager = new oidc.UserManager({
  authority: issuer,
  client_id,
  redirect_uri: `${location.origin}/callback`,
  post_logout_redirect_uri: `${location.origin}/bye`,
  scope: "openid profile email offline_access",
  loadUserInfo: !dpop, // the library reads userinfo with bearer tokens only
  automaticSilentRenew: false,
  userStore: store,
  ...(dpop && { dpop: { bind_authorization_code: true, store: new oidc.IndexedDbDPoPStore() } }),
});

const told = document.getElementById("told");
const tell = (what) => { told.textContent = JSON.stringify(what); };

async function read(user) {
  const address = await manager.metadataService.getUserInfoEndpoint();
  const headers = { authorization: `${user.token_type} ${user.access_token}` };
  if (dpop) headers.dpop = await manager.dpopProof(address, user);
  const answer = await fetch(address, { headers });
  return answer.json();
}

document.getElementById("in").onclick = () => manager.signinRedirect();
document.getElementById("out").onclick = () => manager.signoutRedirect();
document.getElementById("again").onclick = async () => {
  const before = await manager.getUser();
  const user = await manager.signinSilent(); // by its refresh token
  const other = user.access_token !== before.access_token;
  tell({ again: await read(user), other, kind: user.token_type });
};

try {
  if (location.pathname === "/callback") {
    const user = await manager.signinRedirectCallback();
    tell({ name: user.profile.name, read: await read(user), kind: user.token_type });
  } else if (location.pathname === "/bye") {
    await manager.signoutRedirectCallback();
    tell({ left: (await manager.getUser()) === null });
  }
} catch (error) {
  tell({ error: String(error) });
}
