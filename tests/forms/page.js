// A page as the inbox makes it: mount, ask the form itself, ask the server, show what it says.
const query = location.search;
const task = await (await fetch('/form' + query)).json();
window.changes = [];
window.form = await window.DaopaiForm.mount(document.querySelector('#form'), {
  ...task, uploadUrl: '/upload', onChange: data => window.changes.push(data), ...(task.annotate ? { annotate: (path, label) => { window.annotated = [ path, label ]; } } : {})
});
document.body.dataset.ready = 'yes';
document.querySelector('#submit').addEventListener('click', async () => {
  const here = window.form.validate();
  if (Object.keys(here.errors).length) {
    window.form.show(here);
    document.body.dataset.answer = 'browser';
    return;
  }
  const response = await fetch('/completion' + query, { method: 'POST', body: JSON.stringify(window.form.data()) });
  const answer = await response.json();
  if (!response.ok) window.form.show(answer);
  document.body.dataset.answer = String(response.status);
});
