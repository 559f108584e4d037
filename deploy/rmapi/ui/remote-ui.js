import { textsFor } from './texts.js';

/** Remembers in the browser that the welcome was read. */
const welcomedKey = 'matrix-onboarding-done';
/** How long a button says that it has copied, in milliseconds: long enough to be read. */
const copiedMs = 2000;

/** The homeserver that belongs to a page's host, with its port: `mtls.` is for certificates only. */
export function homeserverOf(host) {
  return `https://synapse.${host.replace(/^mtls\./, '')}`;
}

function wasWelcomed(storage) {
  try {
    return storage.getItem(welcomedKey) !== null;
  } catch {
    return true;
  }
}

function rememberWelcome(storage) {
  try {
    storage.setItem(welcomedKey, 'yes');
  } catch {
    // A browser that keeps nothing shows the welcome again.
  }
}

/** The homeserver's address, and a button that copies it. */
function homeserverComponent({ createElement: element, useState }, browser) {
  return function Homeserver({ texts }) {
    const [state, setState] = useState('ready');
    const address = homeserverOf(browser.host);
    const copy = async () => {
      try {
        await browser.clipboard.writeText(address);
        setState('copied');
        browser.after(copiedMs, () => setState('ready'));
      } catch {
        setState('failed');
      }
    };
    return element(
      'section',
      null,
      element('label', { htmlFor: 'matrix-homeserver' }, texts.homeserver),
      element('input', {
        id: 'matrix-homeserver',
        'data-testid': 'synapse-url-input',
        readOnly: true,
        value: address,
        onFocus: (event) => event.target.select(),
      }),
      element(
        'button',
        { type: 'button', 'data-testid': 'synapse-url-copy', onClick: copy },
        state === 'copied' ? texts.copied : texts.copy,
      ),
      state === 'failed' ? element('p', { role: 'alert' }, texts.notCopied) : null,
    );
  };
}

/** A guide, one step at a time. */
function guideComponent({ createElement: element, useState }) {
  return function Guide({ texts, guide, onClose }) {
    const [at, setAt] = useState(0);
    const last = guide.steps.length - 1;
    return element(
      'div',
      {
        role: 'dialog',
        'aria-modal': true,
        'aria-label': guide.title,
        'data-testid': 'feature-guide-dialog',
      },
      element('h2', null, guide.title),
      element('p', { 'data-testid': 'feature-guide-step-indicator' }, texts.step(at + 1, last + 1)),
      element('p', { 'data-testid': 'feature-guide-content' }, guide.steps[at]),
      element(
        'button',
        {
          type: 'button',
          'data-testid': 'feature-guide-back',
          onClick: () => (at === 0 ? onClose() : setAt(at - 1)),
        },
        at === 0 ? texts.close : texts.back,
      ),
      element(
        'button',
        {
          type: 'button',
          'data-testid': 'feature-guide-next',
          onClick: () => (at === last ? onClose() : setAt(at + 1)),
        },
        at === last ? texts.done : texts.next,
      ),
    );
  };
}

/** What is said at the first visit. */
function welcomeComponent({ createElement: element }) {
  return function Welcome({ texts, onClose }) {
    return element(
      'div',
      {
        role: 'dialog',
        'aria-modal': true,
        'aria-label': texts.onboarding.title,
        'data-testid': 'onboarding-dialog',
      },
      element('h2', null, texts.onboarding.title),
      element('p', null, texts.onboarding.text),
      element('button', { type: 'button', onClick: onClose }, texts.close),
    );
  };
}

/**
 * The page as a React component, made of the React that the surrounding page already has.
 *
 * @param react - the shared React 18
 * @param useLanguage - a hook that gives the page's language
 * @param browser - `{ host, storage, clipboard, after }`
 */
export function createRemoteUi(react, useLanguage, browser) {
  const { createElement: element, useState } = react;
  const Homeserver = homeserverComponent(react, browser);
  const Guide = guideComponent(react);
  const Welcome = welcomeComponent(react);

  return function RemoteUi() {
    const texts = textsFor(useLanguage());
    const [open, setOpen] = useState(undefined);
    const [welcomed, setWelcomed] = useState(() => wasWelcomed(browser.storage));
    const endWelcome = () => {
      rememberWelcome(browser.storage);
      setWelcomed(true);
    };
    const guide = texts.guides[open];
    return element(
      'main',
      { 'data-testid': 'home-page' },
      element('h1', null, texts.title),
      element('p', null, texts.lead),
      element(Homeserver, { texts }),
      ...Object.entries(texts.guides).map(([name, { title }]) =>
        element(
          'button',
          {
            key: name,
            type: 'button',
            'data-testid': `feature-guide-button-${name}`,
            onClick: () => setOpen(name),
          },
          `${texts.open}: ${title}`,
        ),
      ),
      guide === undefined
        ? null
        : element(Guide, { key: open, texts, guide, onClose: () => setOpen(undefined) }),
      welcomed ? null : element(Welcome, { texts, onClose: endWelcome }),
    );
  };
}
