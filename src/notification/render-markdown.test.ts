import { describe, expect, it } from 'vitest';
import { renderMarkdown } from './render-markdown.ts';

const head = (columns: number) => `${'|a'.repeat(columns)}|\n${'|-'.repeat(columns)}|\n`;
const cells = (html: string) => html.split(/<t[dh]>/).length - 1;

describe('the tables of a text', () => {
  it('have as many cells as an event can show, the rows below are lines', () => {
    const { html } = renderMarkdown(`${head(200)}${'|x|\n'.repeat(16_000)}`);
    expect(cells(html)).toBeGreaterThan(6000);
    expect(cells(html)).toBeLessThanOrEqual(6300);
    expect(html.split('x')).toHaveLength(16_001);
  });

  it('share the cells among them', () => {
    const tables = `${head(200)}${'|\n'.repeat(30)}\n`.repeat(70);
    expect(cells(renderMarkdown(tables).html)).toBeLessThanOrEqual(6300);
  });

  it('share them in lists and quotes too', () => {
    const table = `${head(50)}${'|x|\n'.repeat(100)}`;
    const quoted = `${table.replace(/^/gm, '> ')}\n\n`;
    const listed = `- ${table.replaceAll('\n', '\n  ')}\n\n`;
    expect(cells(renderMarkdown(`${quoted}${listed}`.repeat(5)).html)).toBeLessThanOrEqual(6300);
  });

  it('are none where not even the header fits', () => {
    expect(cells(renderMarkdown(head(7000)).html)).toBe(0);
  });

  it('still end a paragraph', () => {
    expect(renderMarkdown(`words\n${head(1)}`).html).toMatch(/^<p>words<\/p>\n<table>/);
  });
});
