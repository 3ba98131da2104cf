// One way to talk to the server. Never throws: `offline` says that nothing arrived, `login` that the session is over.

const PATIENCE = 25_000; // ms until a weak signal counts as none

const meta = () => document.querySelector('meta[name="csrf-token"]');

export async function send(method, url, body, { patience = PATIENCE, keepalive = false } = {}) {
  let answer = await once(method, url, body, patience, keepalive);
  if (answer.status === 400 && answer.json.title === 'csrf') {
    const renewed = await renew();
    if (renewed !== true) return renewed;
    answer = await once(method, url, body, patience, keepalive);
  }
  return answer;
}

async function once(method, url, body, patience, keepalive) {
  const headers = { 'X-CSRFToken': meta().content, Accept: 'application/json' };
  if (body && !(body instanceof FormData)) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(body);
  }
  try {
    const response = await fetch(url, { method, headers, body, keepalive, redirect: 'follow', signal: AbortSignal.timeout(patience) });
    if ([ 502, 503, 504 ].includes(response.status)) return { offline: true, status: 0, json: {} };
    const json = await response.json().catch(() => ({}));
    return { status: response.status, ok: response.ok, login: response.status === 401, json };
  } catch {
    return { offline: true, status: 0, json: {} };
  }
}

// The security token belongs to the session: after signing in again it is another one.
async function renew() {
  try {
    const response = await fetch(location.href, { headers: { Accept: 'text/html' } });
    if (new URL(response.url).pathname !== location.pathname) return { login: true, status: 401, json: {} };
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    meta().content = page.querySelector('meta[name="csrf-token"]').content;
    return true;
  } catch {
    return { offline: true, status: 0, json: {} };
  }
}

export function requestId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
