// The page on which a device learns to trust the server: finds out whether it does, and looks again while the page is visible,
// because a person comes back to it from the device's settings.

const PERIOD_MS = 2000;
/** The server's address over TLS. */
const { tls } = document.getElementById('trust').dataset;

// Over plain HTTP, the server is asked over TLS: the browser lets nothing through that it does not trust. In a page over TLS that
// says nothing, because somebody may have dismissed the warning; but then no browser takes a service worker.
async function isTrusted() {
    try {
        if (location.protocol === 'https:') await navigator.serviceWorker.register('sw.js');
        else await fetch(`${tls}/ca/trusted`, { cache: 'no-store', credentials: 'omit' });
        return true;
    } catch {
        return false;
    }
}

function show(state) {
    for (const each of ['checking', 'not-yet', 'yes']) document.getElementById(`trust-${each}`).hidden = each !== state;
    document.getElementById('trust').dataset.state = state;
}

async function look() {
    if (!canLook || document.visibilityState !== 'visible') return;
    const trusted = await isTrusted();
    show(trusted ? 'yes' : 'not-yet');
    if (trusted) clearInterval(looking);
}

// Without a worker, a page over TLS cannot find out.
const canLook = location.protocol !== 'https:' || 'serviceWorker' in navigator;
if (canLook) show('checking');
const looking = setInterval(look, PERIOD_MS);
document.addEventListener('visibilitychange', look);
look();
