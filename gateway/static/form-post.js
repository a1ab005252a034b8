// The answer goes on to the service by itself; the button beside it is for browsers without scripts.
document.querySelector("main form").submit();
