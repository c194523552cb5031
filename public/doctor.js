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
// How long the page waits for the end of a WebSocket on which it has said something.
const ANSWER_MS = 10_000;
// How long after the server has the beginning of an upload the rest may still leave. Browsers tell late how much has left.
const SETTLING_MS = 1_500;
// The longest wait for anything else.
const PATIENCE_MS = 20_000;
// The server closes a WebSocket with these codes: when it was spoken to, and when it stops.
const HEARD = 1000;
const STOPPING = 1012;
// How many bytes a proxy with the usual limit for HTTP/2 takes before it has passed them on, with some tolerance.
const SMALL_WINDOW_BYTES = 100 * 1024;
// So many times as fast are two uploads as one where each is limited, and not the network.
const LIMITED_EACH = 1.6;
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
    for (const link of shown.querySelectorAll('[data-trust]')) link.hidden = outcome !== 'bad';
    for (const remedy of shown.querySelectorAll('[data-remedy]')) remedy.hidden = !remedies.includes(remedy.dataset.remedy);
    if (value !== undefined) for (const place of shown.querySelectorAll('[data-value]')) place.textContent = value;
    if (time !== undefined) for (const place of shown.querySelectorAll('[data-time]')) place.textContent = time;
}

function chooseProxy(proxy) {
    document.getElementById('doctor-proxy').value = proxy;
    for (const lines of page.querySelectorAll('[data-proxy]')) lines.hidden = lines.dataset.proxy !== proxy;
    for (const heading of page.querySelectorAll('[data-chosen]')) heading.hidden = proxy === '';
}

// What is said of all checks together.
function summarize(state) {
    page.dataset.state = state;
    for (const text of page.querySelectorAll('[data-summary]')) text.hidden = text.dataset.summary !== state;
}

function conclude() {
    const states = [...page.querySelectorAll('[data-check]')].map((each) => each.dataset.state);
    summarize(['bad', 'failed'].find((each) => states.includes(each)) ?? 'good');
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const ask = (path, options = {}) => fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS), ...options });

// The proxy that stands before the server, as far as the answer tells. The server says nothing of itself in these fields.
function proxyOf(response, seen) {
    const fields = `${response.headers.get('server') ?? ''} ${response.headers.get('via') ?? ''}`.toLowerCase();
    return ['nginx', 'caddy', 'traefik', 'apache', 'haproxy'].find((each) => fields.includes(each)) ?? seen.proxy ?? '';
}

// Whether an address belongs to a machine or a network of one's own, as those of proxies mostly do. That of a visitor from the
// internet is never shown as one to be trusted.
const isOfOwnNetwork = (address) => /^(127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.|^::1$|^f[cd]|^fe80:/.test(address);

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
    const isOwn = isOfOwnNetwork(seen.address);
    const server = isBelieved || !isOwn ? [] : ['server'];
    if (hostIsRight) show('host', 'ok', { value: location.origin });
    else show('host', 'bad', { value: seen.origin, remedies: ['proxy', ...server] });

    if (seen.forwarding === 'ignored' && isOwn) show('address', 'bad', { value: seen.address, remedies: server });
    else if (seen.forwarding === 'none' && hasProxy && hostIsRight && !isOwn) show('address', 'ok', { value: seen.address });
    else if (seen.forwarding !== 'believed' && seen.forwarding !== 'ignored' && (hasProxy || !hostIsRight)) show('address', 'bad', { value: seen.address, remedies: ['proxy', ...server] });
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
        const address = new URL(`doctor/${id}/socket`, location.href);
        address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
        const socket = new WebSocket(address);
        const timers = [setTimeout(() => end(), PATIENCE_MS)];
        let openedAt;
        // A page that nobody sees may be stopped by the browser, and its connections with it.
        let wasHidden = false;
        const notice = () => {
            wasHidden ||= document.visibilityState === 'hidden';
        };
        document.addEventListener('visibilitychange', notice);
        const quiet = () => Math.min(performance.now() - openedAt, SILENCE_MS);
        const end = (code) => {
            socket.onclose = null;
            socket.close();
            for (const timer of timers) clearTimeout(timer);
            document.removeEventListener('visibilitychange', notice);
            if (openedAt === undefined) {
                show('socket', 'bad', { remedies: ['proxy'] });
                show('idle', 'failed');
            } else if (code === HEARD) show('idle', 'ok', { value: seconds(quiet()) });
            else if (code === STOPPING || wasHidden) show('idle', 'failed');
            else show('idle', quiet() > heartbeatMs ? 'note' : 'bad', { value: seconds(quiet()), remedies: ['proxy'] });
            resolve();
        };
        const speak = () => {
            socket.send('still here');
            // Some networks forget a silent connection, and neither end hears of it.
            timers.push(setTimeout(() => end(), ANSWER_MS));
        };
        socket.onopen = () => {
            clearTimeout(timers.pop());
            openedAt = performance.now();
            show('socket', 'ok');
            const tell = () => show('idle', 'running', { value: seconds(quiet()) });
            tell();
            timers.push(setInterval(tell, 1000), setTimeout(speak, SILENCE_MS));
        };
        socket.onclose = ({ code }) => end(code);
    });
}

// Sends a large piece of which the server reads only the beginning. Where something keeps uploads until they are whole, the server
// sees that beginning only when all of the piece has left.
async function sendHeld(id) {
    const part = new Blob([new Uint8Array(MIB)]);
    const piece = new Blob(Array(PIECE_BYTES / MIB).fill(part));
    const value = written(PIECE_BYTES / MIB, 'megabyte');
    const request = new XMLHttpRequest();
    let sentBytes = 0;
    request.upload.onprogress = ({ loaded }) => {
        sentBytes = loaded;
    };
    const ended = new Promise((resolve) => {
        request.onloadend = () => resolve({ status: request.status });
    });
    request.open('POST', `doctor/${id}/held`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.send(piece);
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), 2 * PATIENCE_MS);
    const arrival = ask(`doctor/${id}/arrived`, { signal: waiting.signal })
        .then((answer) => (answer.ok ? answer.json() : undefined))
        .catch(() => undefined);
    // An answer to the upload itself comes first only if something on the way has refused it.
    const first = await Promise.race([arrival, ended]);
    const status = first?.status;
    if (status === 413 || status === 0) {
        waiting.abort();
        show('cap', 'bad', { value, remedies: ['proxy'] });
        show('requests', 'note');
    } else if (status !== undefined || first === undefined) {
        show('cap', 'failed');
        show('requests', 'failed');
    } else {
        // What has left when the server has stopped reading is in the buffers on the way, which hold far less than the piece.
        await pause(SETTLING_MS);
        const isKept = !first || sentBytes >= PIECE_BYTES;
        if (first) show('cap', 'ok', { value });
        else show('cap', 'failed');
        show('requests', isKept ? 'bad' : 'ok', { remedies: isKept ? ['proxy'] : [] });
    }
    clearTimeout(timer);
    request.abort();
}

// Asks for a response that stops in the middle, and lets it go on when the first half is here.
async function receiveHalves(id) {
    const goOn = () => ask(`doctor/${id}/on`, { method: 'POST' });
    let timer;
    try {
        const late = new Promise((resolve) => {
            timer = setTimeout(() => resolve('late'), HALF_MS);
        });
        const asking = ask(`doctor/${id}/halves`).then((response) => {
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

// How many milliseconds it takes to send so many bytes; undefined if that does not succeed.
async function sendMeasured(id, bytes) {
    const begunAt = performance.now();
    try {
        const response = await ask(`doctor/${id}/measured`, { method: 'POST', body: new Blob([new Uint8Array(bytes)]) });
        return response.ok ? performance.now() - begunAt : undefined;
    } catch {
        return undefined;
    }
}

// The quickest of a few short answers, in milliseconds.
async function measureAnswer() {
    const answers = [];
    for (let round = 0; round < 5; round += 1) {
        const askedAt = performance.now();
        await (await ask('healthz')).text();
        answers.push(performance.now() - askedAt);
    }
    return Math.min(...answers);
}

// How fast a small upload is, and whether a proxy limits how much of it is on the way at once. Such a limit is one of each upload, so
// that two at the same time are twice as fast; where the network is the limit, they are not.
async function measure(id) {
    const answerMs = await measureAnswer();
    for (const bytes of MEASURED_BYTES) {
        const tookMs = await sendMeasured(id, bytes);
        if (tookMs === undefined) continue;
        const sendingMs = Math.max(tookMs - answerMs, 1);
        const protocol = performance.getEntriesByType('navigation')[0]?.nextHopProtocol;
        const isSlow = protocol === 'h2' && answerMs >= FELT_ANSWER_MS && (bytes * answerMs) / sendingMs < SMALL_WINDOW_BYTES;
        let isLimited = false;
        if (isSlow) {
            const two = await Promise.all([sendMeasured(id, bytes), sendMeasured(id, bytes)]);
            isLimited = two.every((each) => each !== undefined) && (2 * tookMs) / Math.max(...two) > LIMITED_EACH;
        }
        const found = { value: written(bytes / 1e3 / sendingMs, 'megabyte', 1), time: written(Math.ceil(answerMs), 'millisecond') };
        show('window', isLimited ? 'note' : 'ok', { ...found, remedies: isLimited ? ['proxy'] : [] });
        return;
    }
    show('window', 'failed');
}

async function examine() {
    const again = document.getElementById('doctor-again');
    again.disabled = true;
    summarize('running');
    for (const each of page.querySelectorAll('[data-check]')) show(each.dataset.check, 'checking');
    show('secure', isSecureContext ? 'ok' : 'note');
    let isBusy = false;
    try {
        const askedAt = Date.now();
        const response = await ask('doctor/seen');
        isBusy = response.status === 429;
        if (!response.ok) throw new Error(`${response.status}`);
        const answeredAt = Date.now();
        const seen = await response.json();
        const proxy = proxyOf(response, seen);
        chooseProxy(proxy);
        lookAtAddresses(seen, proxy !== '');
        lookAtClock(seen, askedAt, answeredAt);
        // What fills the network comes last, because the others would be slow beside it.
        await measure(seen.id);
        await receiveHalves(seen.id);
        await Promise.all([listen(seen.id, seen.heartbeat_secs * 1000), sendHeld(seen.id)]);
    } catch {
        for (const each of page.querySelectorAll('[data-state="checking"]')) show(each.dataset.check, 'failed');
    }
    if (isBusy) summarize('busy');
    else conclude();
    again.disabled = false;
}

document.getElementById('doctor-proxy').addEventListener('change', ({ target }) => chooseProxy(target.value));
document.getElementById('doctor-again').addEventListener('click', examine);
examine();
