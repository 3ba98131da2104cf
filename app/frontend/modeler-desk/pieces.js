// Making elements and talking to the server.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [ name, value ] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

/** The answer's status and JSON; status 0 when the server cannot be reached. */
export async function send(url, body, more = {}) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  try {
    const response = await fetch(url, {
      method: 'POST', body: JSON.stringify(body), ...more,
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': token }
    });
    return { status: response.status, json: await response.json().catch(() => ({})) };
  } catch {
    return { status: 0, json: {} };
  }
}

export const later = (wait, work) => {
  let timer = 0;
  return Object.assign((...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), wait);
  }, { cancel: () => clearTimeout(timer) });
};
