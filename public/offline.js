// The page that stands in for one that could not be loaded: says whether the browser has no network or the server does not
// answer, and loads what was asked for as soon as the server can be reached.

const PERIOD_MS = 5000;

function showReason() {
    document.getElementById('offline').hidden = navigator.onLine;
    document.getElementById('away').hidden = !navigator.onLine;
}

async function tryAgain() {
    showReason();
    if (document.visibilityState !== 'visible') return;
    try {
        await fetch(new URL('healthz', import.meta.url), { cache: 'no-store' });
    } catch {
        return;
    }
    location.reload();
}

showReason();
addEventListener('online', tryAgain);
addEventListener('offline', showReason);
document.addEventListener('visibilitychange', tryAgain);
setInterval(tryAgain, PERIOD_MS);
