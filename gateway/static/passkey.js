// Passkeys: autofill on the e-mail field, the button, the quiet upgrade, and the signals that keep a device's list true.
// Data comes from #passkey-data; the answer goes back in the hidden field of #passkey-form.
const at = (id) => document.getElementById(id);
const data = JSON.parse(at("passkey-data")?.textContent ?? "{}");
const form = at("passkey-form"), button = at("passkey-button");
const P = self.PublicKeyCredential, keys = navigator.credentials;
const options = data.get ?? data.create, lives = options?.timeout;
let waiting, born = performance.timeOrigin;

const send = (error, credential, how) => {
  form.passkey_error.value = error;
  form.passkey.value = credential ? JSON.stringify(credential) : "";
  if (how) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "how", value: how }));
  form.submit();
};
// A challenge that is half used up is drawn anew, so slow readers are let in.
const freshen = async () => {
  if (Date.now() - born > lives / 2) {
    const body = new URLSearchParams({ csrf: form.csrf.value, purpose: data.purpose });
    Object.assign(options, await (await fetch("/login/challenge", { method: "POST", body })).json());
    born = Date.now();
  }
  options.timeout = born + lives - Date.now();
};
const ask = async (mediation) => {
  waiting?.abort();
  waiting = new AbortController();
  const { signal } = waiting;
  await freshen().catch(() => {});
  // Nobody is asked to unlock anything for a quiet upgrade.
  if (data.create) data.create.authenticatorSelection.userVerification = mediation ? "preferred" : "required";
  return data.create
    ? keys.create({ publicKey: P.parseCreationOptionsFromJSON(data.create), mediation, signal })
    : keys.get({ publicKey: P.parseRequestOptionsFromJSON(data.get), mediation, signal });
};
const quietly = async () => {
  const can = (await P.getClientCapabilities?.()) ?? {};
  if (data.create ? data.upgrade && can.conditionalCreate : data.autofill && (await P.isConditionalMediationAvailable?.()))
    send("", await ask("conditional"), "conditional");
};

if (P?.parseRequestOptionsFromJSON) {
  for (const [name, options] of data.signals ?? []) P[name]?.(options)?.catch(() => {});
  if (form && (data.get || data.create)) {
    for (const part of document.querySelectorAll("[data-passkeys]")) part.hidden = false;
    button.addEventListener("click", (event) => {
      event.preventDefault();
      ask().then((credential) => send("", credential), (error) => send(error.name));
    });
    quietly().catch(() => {});
  }
} else if (form) form.passkey_error.value = "unsupported";
