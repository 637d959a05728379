import { CAPTCHA_HEADER } from './captcha-protocol.js';
import { PBKDF2_SCRIPT } from './pbkdf2-script.js';

/**
 * The script of the wall, as browsers get it: always the same text, so that the policy of the page names it by its hash. It asks the very
 * URL that showed the wall, for that one is guarded by this agent, whatever prefixes and proxies stand in between; then the endpoint.
 */
export const CAPTCHA_SCRIPT = `'use strict';
${PBKDF2_SCRIPT}
(() => {
  const HEADER = '${CAPTCHA_HEADER}';
  const main = document.querySelector('main');
  const { endpoint, method } = main.dataset;
  const texts = JSON.parse(main.dataset.texts);
  const [status, bar, button, widget] = ['status', 'bar', 'retry', 'widget'].map((id) => document.getElementById(id));
  const isEndpoint = location.pathname.endsWith(endpoint);
  const here = location.href.split('#')[0];
  let urls = isEndpoint ? [here] : [here, new URL(endpoint, location.origin).href];

  const say = (text, busy) => {
    status.textContent = text;
    bar.hidden = !busy;
    button.hidden = busy || text === texts.solved;
    if (!button.hidden) button.focus();
  };

  /** Only to a path of this site, whatever the link says that led here. */
  const wanted = () => {
    const path = new URLSearchParams(location.search).get('return');
    if (path === null || !/^\\/(?![/\\\\])/.test(path)) return '/';
    const url = new URL(path, location.origin);
    return url.origin === location.origin ? url.href : '/';
  };
  const goOn = () => {
    say(texts.solved, false);
    if (isEndpoint) location.replace(wanted());
    else if (method === 'GET') location.reload();
    else location.replace(here);
  };

  const ask = async (verb, value) => {
    for (const url of urls) {
      try {
        const headers = { [HEADER]: value, accept: 'application/json' };
        const response = await fetch(url, { method: verb, headers, cache: 'no-store', redirect: 'manual' });
        const kind = response.headers.get(HEADER);
        if (kind === null || kind === 'wall') continue;
        urls = [url, ...urls.filter((other) => other !== url)];
        return { kind, body: await response.json() };
      } catch {
        // The next URL may do.
      }
    }
    return { kind: 'failed', body: {} };
  };

  /** Within a minute the wall solves by itself twice: if it still stands then, something keeps the cookie away. */
  const isLooping = () => {
    try {
      const [at, count] = (sessionStorage.getItem(HEADER) || '0 0').split(' ').map(Number);
      return Date.now() - at < 60000 && count >= 2;
    } catch {
      return false;
    }
  };
  const remember = () => {
    try {
      const [at, count] = (sessionStorage.getItem(HEADER) || '0 0').split(' ').map(Number);
      sessionStorage.setItem(HEADER, Date.now() + ' ' + (Date.now() - at < 60000 ? count + 1 : 1));
    } catch {
      // Then there is no help.
    }
  };

  const send = async (solution) => {
    const text = JSON.stringify({ ...solution, secure: location.protocol === 'https:' });
    const encoded = btoa(text).replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
    const { kind, body } = await ask('POST', 'solution ' + encoded);
    if (kind === 'solved' || kind === 'not-required') {
      remember();
      goOn();
    } else if (body.again === true) await start();
    else say(kind === 'limited' ? texts.tooMany : texts.failed, false);
  };

  const showWidget = ({ scriptUrl, global, siteKey }) => {
    widget.textContent = '';
    const failed = () => say(texts.failed, false);
    const render = () => {
      const theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
      const slot = widget.appendChild(document.createElement('div'));
      const callback = (token) => void send({ token }).catch(failed);
      window[global].render(slot, { sitekey: siteKey, theme, callback, 'error-callback': failed });
      bar.hidden = true;
    };
    if (window[global] !== undefined) return render();
    window.crowdsecCaptchaReady = render;
    const script = document.createElement('script');
    script.src = scriptUrl + (scriptUrl.includes('?') ? '&' : '?') + 'render=explicit&onload=crowdsecCaptchaReady';
    script.onerror = failed;
    document.head.append(script);
  };

  const start = async () => {
    if (!navigator.cookieEnabled) return say(texts.cookies, false);
    say(texts.working, true);
    bar.removeAttribute('value');
    const { kind, body } = await ask('GET', 'challenge');
    if (kind === 'not-required') {
      remember();
      return goOn();
    }
    if (kind !== 'challenge') return say(kind === 'limited' ? texts.tooMany : texts.failed, false);
    if (body.provider !== undefined) return showWidget(body.provider);
    bar.max = body.mostTries;
    const solution = await solveProofOfWork(body.challenge.parameters, (tries) => (bar.value = tries));
    await send({ challenge: body.challenge, solution });
  };
  const run = () => void start().catch(() => say(texts.failed, false));
  button.addEventListener('click', run);
  if (isLooping()) say(texts.cookies, false);
  else run();
})();
`;
