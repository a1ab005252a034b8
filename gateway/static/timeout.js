// Warns before the session ends. <dialog id="timeout" data-ends="epoch seconds" data-warn="seconds"> with a link to stay.
const dialog = document.getElementById("timeout");
if (dialog) {
  const ends = Number(dialog.dataset.ends) * 1000, warn = Number(dialog.dataset.warn || 300) * 1000;
  const later = (moment, act) => setTimeout(act, Math.max(0, moment - Date.now()));
  later(ends - warn, () => dialog.showModal());
  later(ends, () => location.reload());
}
