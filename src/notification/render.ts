import { createRenderer, type Renderer } from './create-renderer.ts';
import { renderHtml } from './render-html.ts';
import { renderMarkdown } from './render-markdown.ts';

/** Renders every format. It loads the parsers: who only ever speaks plain text uses `createRenderer`. */
export const render: Renderer = createRenderer({ markdown: renderMarkdown, html: renderHtml });
