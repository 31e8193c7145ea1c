/**
 * What the form pages do where scripts run: the server's engine is asked after each change, and what it answers is put
 * into the page around the fields, which keep what is typed. Nothing here knows a questionnaire's rules.
 */
'use strict';

(() => {
  document.body.classList.add('script');
  const byId = (id) => document.getElementById(id);
  showWhatApplies();
  if (byId('form') === null) return;
  /** A page that is refused takes the place of the one before, with a form of its own. */
  const theForm = () => byId('form');
  const words = () => theForm()?.dataset ?? {};

  const live = document.createElement('p');
  live.className = 'unseen';
  live.setAttribute('role', 'status');
  document.body.append(live);

  /** Something was typed that is not stored yet. */
  let changed = false;
  let asking = false;
  let sending = false;
  let timer = 0;

  const say = (text) => {
    const saved = byId('saved');
    if (saved !== null && saved.textContent !== text) saved.textContent = text;
  };

  /** Files are sent with the whole page only. */
  function fields(action) {
    const data = new URLSearchParams();
    for (const [name, value] of new FormData(theForm())) if (typeof value === 'string') data.append(name, value);
    data.set('do', action);
    return data;
  }

  async function ask() {
    if (asking) return;
    asking = true;
    changed = false;
    let pause = 200;
    say(words().saving);
    try {
      const answer = await fetch(theForm().action, { method: 'POST', body: fields('state'), headers: { Accept: 'text/html' } });
      if (!answer.ok && answer.status !== 409) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      take(page, answer.status === 409);
    } catch {
      changed = true;
      pause = 4000;
      say(words().offline);
    } finally {
      asking = false;
      if (changed && navigator.onLine) later(pause);
    }
  }

  function later(ms) {
    clearTimeout(timer);
    timer = setTimeout(ask, ms);
  }

  function take(page, isConflict) {
    const fresh = page.getElementById('form');
    if (fresh === null || isConflict) {
      replaceMain(page);
      return;
    }
    const before = itemsShown();
    merge(theForm(), fresh);
    enhance();
    announce(before, itemsShown());
    if (!changed) say(words().saved);
  }

  const itemsShown = () => new Set([...theForm().querySelectorAll('[data-item]')].map((item) => item.dataset.item));

  function announce(before, after) {
    const more = [...after].some((key) => !before.has(key));
    const fewer = [...before].some((key) => !after.has(key));
    live.textContent = [more ? words().more : '', fewer ? words().fewer : ''].join(' ').trim();
  }

  /** A page that says what is wrong takes the place of this one; the focus goes to what it says first. */
  function replaceMain(page) {
    byId('main').replaceWith(page.getElementById('main'));
    enhance();
    const first = byId('main').querySelector('[autofocus]');
    if (first === null) scrollTo(0, 0);
    else first.focus();
  }

  /** Makes `old` like `now`, keeping every element that is there in both, and what is typed into it. */
  function merge(old, now) {
    if (old.nodeType === Node.TEXT_NODE) {
      if (old.data !== now.data) old.data = now.data;
      return;
    }
    mergeAttributes(old, now);
    if (old.matches('textarea, #saved')) return;
    mergeChildren(old, now);
  }

  /** What is set by hand while the page is open is left alone. */
  const LIVE = ['value', 'checked', 'selected', 'open', 'autofocus'];

  function mergeAttributes(old, now) {
    const isHidden = now.type === 'hidden';
    adoptValue(old, now);
    for (const { name, value } of now.attributes) if ((isHidden || !LIVE.includes(name)) && old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) if (!now.hasAttribute(name) && !LIVE.includes(name) && !name.startsWith('data-by')) old.removeAttribute(name);
  }

  /** A value that the server worked out anew, in a field that nobody has touched, or that was emptied to have it back. */
  function adoptValue(old, now) {
    if (old.localName !== 'input' || !['text', 'date', 'time', 'datetime-local'].includes(old.type)) return;
    const isEmptied = old.value === '' && !changed && old !== document.activeElement;
    if (old.value === now.defaultValue || (old.value !== old.defaultValue && !isEmptied)) return;
    old.defaultValue = now.defaultValue;
    old.value = now.defaultValue;
    // As it is when one comes to a field by the tab key: what is typed takes the place of what stands there.
    if (old === document.activeElement) old.select();
  }

  /** What tells an element from its neighbours: its id, its place in the form, or its name. */
  function nameOf(node) {
    if (node.nodeType !== Node.ELEMENT_NODE) return '#text';
    const name = node.getAttribute('name') ?? '';
    const isTold = node.localName === 'button' || name === 'shown';
    return `${node.localName}|${node.id || node.getAttribute('data-item') || `${name}=${isTold ? node.value : ''}`}`;
  }

  function mergeChildren(old, now) {
    const waiting = new Map();
    for (const child of [...old.childNodes]) {
      if (child.nodeType === Node.ELEMENT_NODE && child.hasAttribute('data-by-script')) continue;
      const list = waiting.get(nameOf(child)) ?? [];
      list.push(child);
      waiting.set(nameOf(child), list);
    }
    let at = old.firstChild;
    const next = () => {
      while (at !== null && at.nodeType === Node.ELEMENT_NODE && at.hasAttribute('data-by-script')) at = at.nextSibling;
      return at;
    };
    for (const child of [...now.childNodes]) {
      const same = waiting.get(nameOf(child))?.shift();
      if (same === undefined) {
        old.insertBefore(document.importNode(child, true), next());
        continue;
      }
      if (same === next()) at = same.nextSibling;
      else if (!same.contains(document.activeElement)) old.insertBefore(same, next());
      merge(same, child);
    }
    for (const list of waiting.values()) for (const child of list) child.remove();
  }

  /** A slider beside a number: it moves the number, and the number moves it. */
  function enhance() {
    if (theForm() === null) return;
    for (const input of theForm().querySelectorAll('[data-slider]')) {
      if (input.dataset.byReady !== undefined) continue;
      input.dataset.byReady = '';
      const slider = document.createElement('input');
      Object.assign(slider, { type: 'range', min: input.dataset.min, max: input.dataset.max, step: input.dataset.step, value: input.value });
      slider.setAttribute('data-by-script', '');
      slider.setAttribute('aria-label', document.querySelector(`label[for="${CSS.escape(input.id)}"]`)?.textContent ?? '');
      slider.addEventListener('input', () => {
        input.value = slider.value;
      });
      slider.addEventListener('change', () => input.dispatchEvent(new Event('change', { bubbles: true })));
      input.addEventListener('input', () => {
        slider.value = input.value;
      });
      input.after(slider);
    }
  }

  /** An answer that stands alone takes the others away, and they take it away. */
  function keepAlone(box) {
    const others = [...theForm().querySelectorAll(`input[name="${CSS.escape(box.name)}"]`)].filter((one) => one !== box && one.checked);
    for (const other of others) if (box.hasAttribute('data-exclusive') || other.hasAttribute('data-exclusive')) other.checked = false;
  }

  const on = (type, act) =>
    document.addEventListener(type, (event) => {
      if (theForm()?.contains(event.target)) act(event);
    });

  on('input', ({ target }) => {
    changed = true;
    const own = target.dataset.of === undefined ? null : byId(target.dataset.of);
    if (own !== null && target.value !== '') own.checked = true;
    later(3000);
  });
  on('change', ({ target }) => {
    if (target.type === 'file') {
      const isTooBig = target.files[0]?.size > Number(target.dataset.most);
      if (isTooBig) target.value = '';
      live.textContent = isTooBig ? target.dataset.toobig : '';
      say(live.textContent);
      return;
    }
    changed = true;
    if (target.type === 'checkbox' && target.checked) keepAlone(target);
    later(target.type === 'radio' || target.type === 'checkbox' || target.localName === 'select' ? 50 : 200);
  });
  on('keydown', (event) => {
    if (event.key !== 'Enter' || event.target.dataset.find === undefined) return;
    event.preventDefault();
    send(event.target.dataset.find);
  });
  on('submit', (event) => {
    event.preventDefault();
    send(event.submitter?.value ?? 'save');
  });
  addEventListener('online', () => changed && ask());
  addEventListener('beforeunload', (event) => {
    if (changed) event.preventDefault();
  });

  /** The page is left only once the server has it; until the next one is there, another tap does nothing. */
  async function send(action) {
    if (sending) return;
    busy(true);
    clearTimeout(timer);
    while (asking) await new Promise((resolve) => setTimeout(resolve, 50));
    const data = new FormData(theForm());
    data.set('do', action);
    const hasFiles = theForm().enctype === 'multipart/form-data';
    say(action === 'send' ? words().sending : words().saving);
    try {
      const answer = await fetch(theForm().action, { method: 'POST', body: hasFiles ? data : new URLSearchParams(data), headers: { Accept: 'text/html' } });
      if (answer.status >= 500) throw new Error(String(answer.status));
      changed = false;
      if (answer.redirected) return leaveFor(answer.url);
      replaceMain(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    } catch {
      changed = true;
      say(words().offline);
    }
    busy(false);
  }

  function busy(is) {
    sending = is;
    theForm()?.setAttribute('aria-busy', String(is));
  }
  // A page that is come back to as it was left.
  addEventListener('pageshow', ({ persisted }) => persisted && busy(false));

  function leaveFor(address) {
    const isSame = address.split('#')[0] === location.href.split('#')[0];
    location.assign(address);
    if (isSame) location.reload();
  }

  enhance();

  /** On the page before the first question: only what belongs to the way that was chosen. */
  function showWhatApplies() {
    const parts = [...document.querySelectorAll('[data-for]')];
    const apply = () => {
      const who = document.querySelector('input[name="who"]:checked')?.value ?? '';
      for (const part of parts) part.hidden = !part.dataset.for.split(' ').includes(who);
    };
    for (const radio of document.querySelectorAll('input[name="who"]')) radio.addEventListener('change', apply);
    if (document.querySelector('input[name="who"]') !== null) apply();
  }
})();
