// Answers a service's frame: is the session here the one that it knows? (OpenID Connect Session Management 1.0 §3.2)
const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const state = () => /(?:^|; )__Host-state=([^;]*)/.exec(document.cookie)?.[1] ?? "";

const answer = async (told, origin) => {
  const [client, known, ...more] = typeof told === "string" ? told.split(" ") : [];
  const salt = known?.split(".")[1];
  if (!client || !salt || more.length) return "error";
  const named = new TextEncoder().encode([client, origin, state(), salt].join(" "));
  const made = base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", named)));
  return `${made}.${salt}` === known ? "unchanged" : "changed";
};

addEventListener("message", async ({ data, origin, source }) => {
  if (source && source !== window && origin.startsWith("http")) source.postMessage(await answer(data, origin), origin);
});
