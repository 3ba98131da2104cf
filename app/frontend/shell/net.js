// One way to talk to the server. Never throws: `offline` says that nothing arrived, `login` that the session is over and was not renewed.
//
// A session that ended is renewed in place and the request sent again: without a word when a new one is there already (another window),
// by the sign-in dialog when the request says `ask`, as a person's own act does. What runs by itself does not ask.
import { renew, take } from './session.js';

const PATIENCE = 25_000; // ms until a weak signal counts as none

const meta = () => document.querySelector('meta[name="csrf-token"]');

export async function send(method, url, body, { patience = PATIENCE, keepalive = false, ask = false } = {}) {
  let answer = await once(method, url, body, patience, keepalive);
  if (answer.login || (answer.status === 400 && answer.json.title === 'csrf') || (answer.status === 403 && answer.json.title === 'account')) {
    const renewed = await renew({ ask });
    if (!renewed.token) return { offline: renewed.offline, login: !renewed.offline, status: renewed.offline ? 0 : 401, json: {} };
    take(renewed.token);
    answer = await once(method, url, body, patience, keepalive);
  }
  return answer;
}

async function once(method, url, body, patience, keepalive) {
  const headers = { 'X-CSRFToken': meta()?.content ?? '', Accept: 'application/json' };
  if (body && !(body instanceof FormData)) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(body);
  }
  try {
    const response = await fetch(url, { method, headers, body, keepalive, redirect: 'follow', signal: AbortSignal.timeout(patience) });
    if ([ 502, 503, 504 ].includes(response.status)) return { offline: true, status: 0, json: {} };
    const text = await response.text();
    return { status: response.status, ok: response.ok, login: response.status === 401, json: parsed(text), text };
  } catch {
    return { offline: true, status: 0, json: {} };
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

export function requestId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
