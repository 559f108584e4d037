import { describe, expect, it } from 'vitest';

const directory = new URL('../../../deploy/rmapi/ui/', import.meta.url);

interface Element {
  readonly type: unknown;
  readonly props: Readonly<Record<string, unknown>>;
  readonly children: readonly unknown[];
}

type Component = (props: object) => unknown;

/** As much of React as the page uses: elements, and one kind of state for each component by its place. */
class SmallReact {
  readonly #states = new Map<string, unknown>();
  readonly #used = new Set<string>();
  #place = '';
  #hook = 0;

  readonly createElement = (type: unknown, props: object | null, ...children: unknown[]) => ({
    type,
    props: { ...props },
    children,
  });

  readonly useState = (first: unknown) => {
    const key = `${this.#place}#${this.#hook++}`;
    this.#used.add(key);
    const initial = typeof first === 'function' ? (first as () => unknown)() : first;
    if (!this.#states.has(key)) this.#states.set(key, initial);
    return [this.#states.get(key), (value: unknown) => this.#states.set(key, value)];
  };

  /** All elements of the page as it is now, by their test ids. */
  render(page: Component): Map<string, Element> {
    const found = new Map<string, Element>();
    this.#used.clear();
    this.#walk(this.createElement(page, {}), '', found);
    // What is not shown any more begins anew.
    for (const key of this.#states.keys()) if (!this.#used.has(key)) this.#states.delete(key);
    return found;
  }

  #walk(node: unknown, place: string, found: Map<string, Element>): void {
    if (typeof node !== 'object' || node === null) return;
    const element = node as Element;
    if (typeof element.type === 'function') {
      this.#place = `${place}/${element.type.name}`;
      this.#hook = 0;
      this.#walk((element.type as Component)(element.props), this.#place, found);
      return;
    }
    const id = element.props['data-testid'];
    if (typeof id === 'string') found.set(id, element);
    for (const child of element.children) this.#walk(child, place, found);
  }
}

interface Remote {
  readonly createRemoteUi: (
    react: SmallReact,
    useLanguage: () => string,
    browser: object,
  ) => Component;
  readonly homeserverOf: (host: string) => string;
  readonly init: (scope: object) => void;
  readonly get: (name: string) => Promise<() => unknown>;
}

const load = async (file: string) => (await import(new URL(file, directory).href)) as Remote;

const press = async (element: Element | undefined) => {
  const { onClick } = element?.props ?? {};
  await (onClick as () => unknown)();
};

async function open(language: string, kept: Map<string, string> = new Map()) {
  const { createRemoteUi } = await load('remote-ui.js');
  const react = new SmallReact();
  const copied: string[] = [];
  const page = createRemoteUi(react, () => language, {
    host: 'mtls.sleepy-sloth.example.org:4439',
    storage: {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => kept.set(key, value),
    },
    clipboard: { writeText: (text: string) => copied.push(text) },
    after: () => undefined,
  });
  return { render: () => react.render(page), copied };
}

describe('the browser part', () => {
  it('shows the homeserver that belongs to the page, and copies it', async () => {
    const { render, copied } = await open('en');
    const address = 'https://synapse.sleepy-sloth.example.org:4439';
    expect(render().get('synapse-url-input')?.props['value']).toBe(address);
    await press(render().get('synapse-url-copy'));
    expect(copied).toEqual([address]);
    expect(render().get('synapse-url-copy')?.children).toEqual(['Copied']);
  });

  it.each(['fi', 'sv-FI', 'en', 'xx'])('leads through its guides in %s', async (language) => {
    const { render } = await open(language);
    for (const guide of ['messaging', 'unit']) {
      await press(render().get(`feature-guide-button-${guide}`));
      const seen = new Set<unknown>();
      for (let step = 0; step < 4; step++) {
        const dialog = render();
        expect(dialog.has('feature-guide-step-indicator')).toBe(true);
        seen.add(dialog.get('feature-guide-content')?.children[0]);
        await press(dialog.get('feature-guide-next'));
      }
      expect(seen.size).toBe(4);
      expect(render().has('feature-guide-dialog')).toBe(false);
    }
  });

  it('welcomes once', async () => {
    const kept = new Map<string, string>();
    const { render } = await open('fi', kept);
    const dialog = render().get('onboarding-dialog');
    expect(dialog).toBeDefined();
    await press(dialog?.children.at(-1) as Element);
    expect(render().has('onboarding-dialog')).toBe(false);
    expect((await open('fi', kept)).render().has('onboarding-dialog')).toBe(false);
  });

  it('is a remote that needs nothing but the React of the page', async () => {
    const { init, get } = await load('remoteEntry.js');
    init({});
    await expect(get('./remote-ui')).rejects.toThrow('shares no react');
    await expect(get('./other')).rejects.toThrow('./other');
  });
});
