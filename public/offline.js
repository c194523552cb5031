// The page that says that there is no network: loads what was asked for as soon as the server can be reached.

const PERIOD_MS = 5000;

async function tryAgain() {
    if (document.visibilityState !== 'visible') return;
    try {
        await fetch('/healthz', { cache: 'no-store' });
    } catch {
        return;
    }
    location.reload();
}

addEventListener('online', tryAgain);
document.addEventListener('visibilitychange', tryAgain);
setInterval(tryAgain, PERIOD_MS);
