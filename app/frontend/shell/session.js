// A session that ended is renewed over the page, which keeps everything that was typed or drawn on it.
//
// The login answers a script with {state: 'in'|'out'|'code'|'refused', user, token, error, first}; `token` is the security token of the
// session that there is then, `first` the page of what its person has to do before anything else (a new password). Only the person whose
// page this is may go on with it.
const English = document.documentElement.lang.startsWith('en');
const WORDS = {
  title: [ '登录已过期', 'Your session has ended' ],
  kept: [ '您在这一页填写和绘制的内容都还在。登录后接着办理，不必重来。', 'What you entered and drew on this page is still here. Sign in to go on with it.' ],
  user: [ '用户名', 'User name' ],
  password: [ '密码', 'Password' ],
  code: [ '两步验证的验证码或恢复码', 'Code of the second factor, or a recovery code' ],
  enter: [ '登录', 'Sign in' ],
  cancel: [ '取消', 'Cancel' ],
  elsewhere: [ '在新窗口登录', 'Sign in in a new window' ],
  other: [ '现在登录的是另一个账号。请用“{user}”登录后再继续，以免记到别人名下。', 'Another account is signed in now. Sign in as “{user}” to go on, so that nothing is recorded under the wrong name.' ],
  first: [ '您的账号须先修改密码或设置两步验证。请在新窗口办理，完成后回到这一页即可继续。', 'Your account has to be given a new password or a second factor first. Do so in a new window, then come back here to go on.' ],
  account: [ '在新窗口办理', 'Do so in a new window' ],
  lost: [ '连不上服务器，请检查网络后再试。', 'The server cannot be reached. Check the network and try again.' ]
};
const say = key => WORDS[key][English ? 1 : 0].replace('{user}', user());

const login = () => document.body.dataset.login;
const user = () => document.body.dataset.user;

const shared = window.daopaiSession ??= { asking: null }; // one dialog, however many requests of however many bundles wait for it

/** The security token of a new session, for all that this page sends from now on. */
export function take(token) {
  document.querySelector('meta[name="csrf-token"]').content = token;
  for (const field of document.querySelectorAll('input[name="csrf_token"]')) field.value = token;
}

/** {token} of a session of this page's person, {} when there is none, {offline: true} when the server cannot be reached. */
export async function renew({ ask = false } = {}) {
  if (shared.asking) return shared.asking;
  const now = await request(login());
  if (now.offline || ready(now)) return now;
  if (!ask || !user()) return {};
  shared.asking ??= dialog(now).finally(() => { shared.asking = null; });
  return shared.asking;
}

const mine = answer => answer.state === 'in' && answer.user === user();
const ready = answer => mine(answer) && (!answer.first || location.pathname === answer.first); // that page itself may be sent

async function request(url, fields, token) {
  try {
    const body = fields && new URLSearchParams(fields);
    const response = await fetch(url, { method: fields ? 'POST' : 'GET', body, headers: { Accept: 'application/json', ...(fields && { 'X-CSRFToken': token }) } });
    const json = await response.json();
    return response.status >= 500 ? { offline: true } : json.state ? json : { state: 'refused', error: [ json.title, json.detail ].filter(Boolean).join(' ') };
  } catch {
    return { offline: true };
  }
}

function dialog(now) {
  const box = document.createElement('dialog');
  box.className = 'dialog own-text';
  box.dataset.signIn = '';
  box.innerHTML = `<form method="post" novalidate><h2></h2><p data-kept></p><p class="field-error" role="alert" hidden></p>
    <div data-step="password"><label class="form-label"><span></span><input class="form-control" name="username" autocomplete="username" readonly></label>
    <label class="form-label"><span></span><input class="form-control" name="password" type="password" autocomplete="current-password" maxlength="200"></label></div>
    <div data-step="code" hidden><label class="form-label"><span></span><input class="form-control" name="code" autocomplete="one-time-code" maxlength="30" autocapitalize="none" spellcheck="false"></label></div>
    <p><a target="_blank" rel="opener"></a></p>
    <div class="dialog-buttons"><button class="btn" type="button" data-cancel></button><button class="btn btn-primary" type="submit"></button></div></form>`;
  const find = selector => box.querySelector(selector);
  const words = { h2: 'title', '[data-kept]': 'kept', a: 'elsewhere', '[data-cancel]': 'cancel', '[type="submit"]': 'enter' };
  for (const [ selector, key ] of Object.entries(words)) find(selector).textContent = say(key);
  [ ...box.querySelectorAll('label > span') ].forEach((span, index) => { span.textContent = say([ 'user', 'password', 'code' ][index]); });
  find('[name="username"]').value = user();
  find('a').href = login();
  document.body.append(box);
  return conversation(box, find, now);
}

function conversation(box, find, now) {
  let { token } = now;
  let step = 'password';
  const wrong = text => {
    find('[role="alert"]').textContent = text;
    find('[role="alert"]').hidden = !text;
  };
  const show = next => {
    step = next;
    for (const each of box.querySelectorAll('[data-step]')) each.hidden = each.dataset.step !== step;
    find(`[name="${step}"]`).focus();
  };
  const before = page => { // signed in, but nothing else goes before this page
    for (const each of box.querySelectorAll('[data-step], [type="submit"]')) each.hidden = true;
    find('[data-kept]').textContent = say('first');
    find('a').textContent = say('account');
    find('a').href = page;
    find('a').focus();
  };
  return new Promise(resolve => {
    const end = answer => {
      removeEventListener('focus', look);
      box.remove();
      resolve(answer);
    };
    const heard = answer => {
      token = answer.token ?? token;
      if (ready(answer)) return end(answer);
      if (mine(answer)) return before(answer.first);
      if (answer.state === 'code') show('code');
      else if (answer.state === 'out' && step === 'code') show('password'); // the code came too late
      wrong(answer.offline ? say('lost') : answer.state === 'in' ? say('other') : answer.error ?? '');
    };
    // he may have signed in in another window meanwhile
    const look = async () => { const now = await request(login()); if (mine(now)) heard(now); };
    addEventListener('focus', look);
    box.addEventListener('close', () => end({}));
    find('[data-cancel]').addEventListener('click', () => box.close());
    find('form').addEventListener('submit', async event => {
      event.preventDefault();
      const button = find('[type="submit"]');
      if (button.disabled) return;
      button.disabled = true;
      const field = find(`[name="${step}"]`);
      heard(await request(step === 'code' ? `${login()}/code` : login(), step === 'code' ? { code: field.value } : { username: user(), password: field.value }, token));
      button.disabled = false;
      field.select();
    });
    box.showModal();
    show('password');
    if (mine(now)) before(now.first);
    else wrong(now.state === 'in' ? say('other') : '');
  });
}
