// biome-ignore-all lint/style/useFilenamingConvention: the deployment asks for the file by this name.
import { createRemoteUi } from './remote-ui.js';

/** The parts that the surrounding page shares, by name and version (module federation). */
let scope = {};

/** Takes what the surrounding page shares. */
export function init(shared) {
  scope = shared?.default ?? shared ?? {};
}

/** A shared part; undefined: the page has none. */
async function sharedPart(name) {
  const [version] = Object.values(scope[name] ?? {});
  if (version === undefined) return undefined;
  const make = version.lib ?? (await version.get());
  return make();
}

/** The page's language, as its translations or else the browser know it. */
function languageHook(translation) {
  const useTranslation = translation?.useTranslation;
  if (useTranslation === undefined) return () => globalThis.navigator.language;
  return () => useTranslation('matrix').i18n.language;
}

/** What of the browser the page needs. */
function browserParts() {
  const { location, localStorage, navigator } = globalThis;
  return {
    host: location.host,
    storage: localStorage,
    clipboard: navigator.clipboard,
    after: (delayMs, run) => setTimeout(run, delayMs),
  };
}

/** A part of this remote: `./remote-ui`, whose default export is the page. */
export async function get(name) {
  if (name !== './remote-ui') throw new Error(`there is no ${name} here`);
  const react = await sharedPart('react');
  if (react === undefined) throw new Error('the page shares no react');
  const useLanguage = languageHook(await sharedPart('react-i18next'));
  const page = createRemoteUi(react.default ?? react, useLanguage, browserParts());
  return () => ({ default: page });
}
