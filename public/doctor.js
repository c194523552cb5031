// The page that checks the way to the server: runs the checks, and shows what each has found and what helps.

const MIB = 1 << 20;
// As large as the largest piece of a file that SnapDrop sends at once.
const PIECE_BYTES = 64 * MIB;
// What is sent to measure how long it takes: less if something refuses so much.
const MEASURED_BYTES = [2 * MIB, MIB / 2];
// How long a WebSocket is left alone. Proxies that cut silent connections mostly do so after 60 seconds.
const SILENCE_MS = 75_000;
// How long the page waits for the first half of a response.
const HALF_MS = 4_000;
// The longest wait for anything else.
const PATIENCE_MS = 20_000;
// How many bytes a proxy with the usual limit for HTTP/2 takes before it has passed them on, with some tolerance.
const SMALL_WINDOW_BYTES = 100 * 1024;
// With answers that are faster, no such limit can be felt.
const FELT_ANSWER_MS = 10;
// How far a clock may be off.
const CLOCK_MS = 60_000;

const page = document.getElementById('doctor');
const language = document.documentElement.lang;

// A number with its unit, as the page's language writes it.
function written(number, unit, digits = 0) {
    const style = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits, numberingSystem: 'latn' };
    return new Intl.NumberFormat(language, style).format(number);
}

const seconds = (ms) => written(Math.round(ms / 1000), 'second');

function duration(ms) {
    const minutes = ms / 60_000;
    if (minutes < 2) return seconds(ms);
    return minutes < 120 ? written(Math.round(minutes), 'minute') : written(Math.round(minutes / 60), 'hour');
}

const line = (check) => page.querySelector(`[data-check="${check}"]`);

// Shows how a check ended. `remedies` are what helps: lines for the configuration of the proxy, or a flag of the server.
function show(check, outcome, { value, time, remedies = [] } = {}) {
    const shown = line(check);
    shown.dataset.state = outcome;
    for (const text of shown.querySelectorAll('[data-outcome]')) text.hidden = text.dataset.outcome !== outcome;
    for (const remedy of shown.querySelectorAll('[data-remedy]')) remedy.hidden = !remedies.includes(remedy.dataset.remedy);
    if (value !== undefined) for (const place of shown.querySelectorAll('[data-value]')) place.textContent = value;
    if (time !== undefined) for (const place of shown.querySelectorAll('[data-time]')) place.textContent = time;
}

function chooseProxy(proxy) {
    document.getElementById('doctor-proxy').value = proxy;
    for (const lines of page.querySelectorAll('[data-proxy]')) lines.hidden = lines.dataset.proxy !== proxy;
    for (const heading of page.querySelectorAll('[data-chosen]')) heading.hidden = proxy === '';
}

function summarize() {
    const states = [...page.querySelectorAll('[data-check]')].map((each) => each.dataset.state);
    const state = states.some((each) => ['bad', 'failed'].includes(each)) ? 'bad' : 'good';
    page.dataset.state = state;
    for (const text of page.querySelectorAll('[data-summary]')) text.hidden = text.dataset.summary !== state;
}

const ask = (path, options = {}) => fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS), ...options });

// The proxy that stands before the server, as far as the answer tells. The server says nothing of itself in these fields.
function proxyOf(response, seen) {
    const fields = `${response.headers.get('server') ?? ''} ${response.headers.get('via') ?? ''}`.toLowerCase();
    return ['nginx', 'caddy', 'traefik', 'apache', 'haproxy'].find((each) => fields.includes(each)) ?? seen.proxy ?? '';
}

function lookAtAddresses(seen, hasProxy) {
    const same = (origin) => {
        try {
            return new URL(origin).origin === location.origin;
        } catch {
            return false;
        }
    };
    const hostIsRight = same(seen.origin) || (seen.public_origin !== null && same(seen.public_origin));
    const isBelieved = seen.forwarding === 'believed' || seen.forwarding === 'silent';
    const server = isBelieved ? [] : ['server'];
    if (hostIsRight) show('host', 'ok', { value: location.origin });
    else show('host', 'bad', { value: seen.origin, remedies: ['proxy', ...server] });

    if (seen.forwarding === 'ignored') show('address', 'bad', { value: seen.address, remedies: server });
    else if (seen.forwarding !== 'believed' && (hasProxy || !hostIsRight)) show('address', 'bad', { value: seen.address, remedies: ['proxy', ...server] });
    else if (seen.forwarding === 'silent') show('address', 'note', { value: seen.address, remedies: ['proxy'] });
    else show('address', 'ok', { value: seen.address });
    // The flag of the server has the address of the proxy, which is what the server takes for the client.
    for (const place of line('host').querySelectorAll('pre [data-value]')) place.textContent = seen.address;
}

function lookAtClock(seen, askedAt, answeredAt) {
    const off = Math.abs((askedAt + answeredAt) / 2 - seen.now_ms);
    if (off < CLOCK_MS) show('clock', 'ok');
    else show('clock', 'note', { value: duration(off) });
}

// Whether the WebSocket opens, and then how long it stays open while nothing is said on it.
function listen(id, heartbeatMs) {
    return new Promise((resolve) => {
        const address = new URL(`/doctor/${id}/socket`, location.href);
        address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
        const socket = new WebSocket(address);
        let openedAt;
        let timers = [];
        const quiet = () => performance.now() - openedAt;
        const patience = setTimeout(() => socket.close(), PATIENCE_MS);
        socket.onopen = () => {
            clearTimeout(patience);
            openedAt = performance.now();
            show('socket', 'ok');
            const tell = () => show('idle', 'running', { value: seconds(quiet()) });
            tell();
            timers = [setInterval(tell, 1000), setTimeout(() => socket.send('still here'), SILENCE_MS)];
        };
        socket.onclose = ({ code }) => {
            clearTimeout(patience);
            for (const timer of timers) clearInterval(timer);
            if (openedAt === undefined) {
                show('socket', 'bad', { remedies: ['proxy'] });
                const trust = line('socket').querySelector('[data-trust]');
                if (trust) trust.hidden = false;
                show('idle', 'failed');
            } else if (code === 1000) show('idle', 'ok', { value: seconds(Math.min(quiet(), SILENCE_MS)) });
            else show('idle', quiet() > heartbeatMs ? 'note' : 'bad', { value: seconds(quiet()), remedies: ['proxy'] });
            resolve();
        };
    });
}

// Sends a large piece of which the server reads only the beginning. Where something keeps uploads until they are whole, the server
// sees that beginning only when all of the piece has left.
async function sendHeld(id) {
    const part = new Blob([new Uint8Array(MIB)]);
    const piece = new Blob(Array(PIECE_BYTES / MIB).fill(part));
    const value = written(PIECE_BYTES / MIB, 'megabyte');
    const request = new XMLHttpRequest();
    let hasLeft = false;
    const ended = new Promise((resolve) => {
        request.upload.onload = () => {
            hasLeft = true;
        };
        request.onloadend = () => resolve(request.status);
    });
    request.open('POST', `/doctor/${id}/held`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.send(piece);
    const waiting = new AbortController();
    setTimeout(() => waiting.abort(), 2 * PATIENCE_MS);
    const arrival = ask(`/doctor/${id}/arrived`, { signal: waiting.signal })
        .then((answer) => answer.json())
        .catch(() => undefined)
        .then((arrived) => ({ arrived, hadLeft: hasLeft }));
    const first = await Promise.race([arrival, ended.then((status) => ({ status }))]);
    // An answer to the upload itself comes first only if something on the way has refused it, or passed it on when it was whole.
    const isRefused = first.status !== undefined && (first.status === 0 || first.status >= 400);
    if (isRefused) {
        waiting.abort();
        show('cap', 'bad', { value, remedies: ['proxy'] });
        show('requests', 'note');
        return;
    }
    const { arrived, hadLeft } = await arrival;
    request.abort();
    show('cap', 'ok', { value });
    if (arrived === undefined) show('requests', 'failed');
    else if (arrived && !hadLeft) show('requests', 'ok');
    else show('requests', 'bad', { remedies: ['proxy'] });
}

// Asks for a response that stops in the middle, and lets it go on when the first half is here.
async function receiveHalves(id) {
    const goOn = () => ask(`/doctor/${id}/on`, { method: 'POST' });
    let timer;
    try {
        const late = new Promise((resolve) => {
            timer = setTimeout(() => resolve('late'), HALF_MS);
        });
        const asking = ask(`/doctor/${id}/halves`).then((response) => {
            const reader = response.body.getReader();
            return reader.read().then(({ value }) => ({ reader, value }));
        });
        const first = await Promise.race([asking, late]);
        await goOn();
        const { reader, value } = await asking;
        for (let done = false; !done; ) ({ done } = await reader.read());
        if (first !== 'late' && new TextDecoder().decode(value) === 'the first half\n') show('responses', 'ok');
        else show('responses', 'bad', { remedies: ['proxy'] });
    } catch {
        show('responses', 'failed');
    } finally {
        clearTimeout(timer);
    }
}

// How fast a small upload is, and how many bytes of it are on the way at once.
async function measure(id) {
    try {
        const answers = [];
        for (let round = 0; round < 5; round += 1) {
            const askedAt = performance.now();
            await (await ask('/healthz')).text();
            answers.push(performance.now() - askedAt);
        }
        const answerMs = Math.min(...answers);
        for (const bytes of MEASURED_BYTES) {
            const begunAt = performance.now();
            const response = await ask(`/doctor/${id}/measured`, { method: 'POST', body: new Blob([new Uint8Array(bytes)]) });
            if (!response.ok) continue;
            const tookMs = Math.max(performance.now() - begunAt - answerMs, 1);
            const onTheWay = (bytes * answerMs) / tookMs;
            const protocol = performance.getEntriesByType('navigation')[0]?.nextHopProtocol;
            const isLimited = protocol === 'h2' && answerMs >= FELT_ANSWER_MS && onTheWay < SMALL_WINDOW_BYTES;
            const found = { value: written(bytes / 1e3 / tookMs, 'megabyte', 1), time: written(Math.ceil(answerMs), 'millisecond') };
            show('window', isLimited ? 'note' : 'ok', { ...found, remedies: isLimited ? ['proxy'] : [] });
            return;
        }
    } catch {
        // The network is gone.
    }
    show('window', 'failed');
}

async function examine() {
    const again = document.getElementById('doctor-again');
    again.disabled = true;
    page.dataset.state = 'running';
    for (const text of page.querySelectorAll('[data-summary]')) text.hidden = text.dataset.summary !== 'running';
    for (const each of page.querySelectorAll('[data-check]')) show(each.dataset.check, 'checking');
    show('secure', isSecureContext ? 'ok' : 'note');
    try {
        const askedAt = Date.now();
        const response = await ask('/doctor/seen');
        if (!response.ok) throw new Error(`${response.status}`);
        const answeredAt = Date.now();
        const seen = await response.json();
        const proxy = proxyOf(response, seen);
        chooseProxy(proxy);
        lookAtAddresses(seen, proxy !== '');
        lookAtClock(seen, askedAt, answeredAt);
        // What is measured comes before what fills the network.
        await measure(seen.id);
        await Promise.all([listen(seen.id, seen.heartbeat_secs * 1000), sendHeld(seen.id), receiveHalves(seen.id)]);
    } catch {
        for (const each of page.querySelectorAll('[data-state="checking"]')) show(each.dataset.check, 'failed');
    }
    summarize();
    again.disabled = false;
}

document.getElementById('doctor-proxy').addEventListener('change', ({ target }) => chooseProxy(target.value));
document.getElementById('doctor-again').addEventListener('click', examine);
examine();
