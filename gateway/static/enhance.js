// Small comforts. Every page works without them.
for (const summary of document.querySelectorAll(".errors")) summary.focus();

for (const button of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal), show = button.textContent;
  button.hidden = false;
  button.addEventListener("click", () => {
    const hide = field.type === "password";
    field.type = hide ? "text" : "password";
    button.textContent = hide ? button.dataset.hide : show;
  });
  field.form?.addEventListener("submit", () => { field.type = "password" });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = button.dataset.copied;
  });
}

// A page that asks for a decision takes no answer in the half second after it came to the front: no click meant for
// what was there before, and none that nobody made.
for (const form of document.querySelectorAll("form[data-settle]")) {
  let shown = performance.now();
  const again = () => { shown = performance.now() };
  addEventListener("focus", again);
  addEventListener("pageshow", (event) => { if (event.persisted) again() });
  document.addEventListener("visibilitychange", again);
  form.addEventListener("submit", (event) => {
    if (performance.now() - shown < 500 || navigator.userActivation?.isActive === false) event.preventDefault();
  });
}

// Twice is once. A page that comes back from the browser's memory works again.
for (const form of document.forms) form.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) delete form.dataset.sent;
});

// Whoever leaves goes on as soon as all frames had their say, and after five seconds whatever they do.
const onward = document.querySelector("[data-onward]");
if (onward) {
  const leave = () => location.replace(onward.href);
  addEventListener("load", leave);
  setTimeout(leave, 5000);
}

// Five minutes before the session ends we say so. Whoever stays keeps what they typed; whoever left finds the sign-in page.
const dialog = document.getElementById("timeout");
let timers = [];
const plan = (left) => {
  timers.forEach(clearTimeout);
  const leave = () => location.replace(dialog.querySelector("[data-stay]").href);
  timers = [[left - 300, () => dialog.showModal()], [left + 1, leave]].map(([seconds, act]) => setTimeout(act, Math.max(0, seconds) * 1000));
};
if (dialog) {
  plan(Number(dialog.dataset.left));
  for (const link of document.querySelectorAll("[data-stay]")) link.addEventListener("click", async (event) => {
    event.preventDefault();
    const answer = await fetch("/account/stay").catch(() => null);
    if (!answer?.ok) return location.assign(link.href);
    const { left, at } = await answer.json();
    for (const one of document.querySelectorAll("[data-ends]")) one.textContent = at;
    dialog.close();
    plan(left);
  });
}
