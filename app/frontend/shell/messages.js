// A line in the page's live region: kind is error, warning, success or info.
export function say(kind, text) {
  const box = document.createElement('div');
  box.className = `notice notice-${kind}`;
  box.setAttribute('role', kind === 'error' ? 'alert' : 'status');
  const line = document.createElement('p');
  line.textContent = text;
  box.append(line);
  document.getElementById('messages').replaceChildren(box);
}
