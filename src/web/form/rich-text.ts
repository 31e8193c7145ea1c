/**
 * Markdown and XHTML of a questionnaire as safe HTML: what is written anew here from the few elements that carry
 * meaning; everything else becomes its text. No attribute is taken over but an address of a safe kind.
 */
import { type Html, html } from '../html.ts';

const text = (plain: string): string => html`${plain}`.html;

/** Elements taken over as they are. */
const KEPT: ReadonlySet<string> = new Set([
  'b',
  'strong',
  'i',
  'em',
  'u',
  'p',
  'br',
  'ul',
  'ol',
  'li',
  'sub',
  'sup',
  'small',
  'blockquote',
  'h3',
  'h4',
  'table',
  'tbody',
  'thead',
  'tr',
  'td',
  'th',
  'dl',
  'dt',
  'dd',
  'hr',
  'span',
  'div',
]);
const EMPTY: ReadonlySet<string> = new Set(['br', 'hr']);
/** Elements whose content is no text. */
const DROPPED: ReadonlySet<string> = new Set([
  'script',
  'style',
  'template',
  'svg',
  'math',
  'iframe',
  'object',
  'head',
  'title',
  'textarea',
  'select',
  'noscript',
]);
const SAFE_LINK = /^(?:https?:\/\/|mailto:|tel:)[^\s"'<>]+$/i;

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', '\u00a0'],
]);

function decoded(source: string): string {
  return source.replace(/&(#x[0-9a-f]{1,6}|#[0-9]{1,7}|[a-z]{2,8});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES.get(name.toLowerCase()) ?? whole;
    const code = name[1]?.toLowerCase() === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}

interface Writing {
  out: string;
  readonly open: string[];
  /** The element whose content is skipped. */
  skipping: string | undefined;
}

export function fromXhtml(source: string): Html {
  const writing: Writing = { out: '', open: [], skipping: undefined };
  let at = 0;
  while (at < source.length) {
    const next = source.indexOf('<', at);
    const end = next < 0 ? source.length : next;
    if (writing.skipping === undefined) writing.out += text(decoded(source.slice(at, end)));
    at = next < 0 ? source.length : readTag(source, next, writing);
  }
  for (const name of writing.open.reverse()) writing.out += `</${name}>`;
  return { html: writing.out };
}

/** Where reading goes on. */
function readTag(source: string, at: number, writing: Writing): number {
  if (source.startsWith('<!--', at)) {
    const end = source.indexOf('-->', at);
    return end < 0 ? source.length : end + 3;
  }
  const end = source.indexOf('>', at);
  if (end < 0) {
    if (writing.skipping === undefined) writing.out += text(decoded(source.slice(at)));
    return source.length;
  }
  const inside = source.slice(at + 1, end);
  const [, closing, name] = /^(\/?)([a-zA-Z][a-zA-Z0-9]*)/.exec(inside) ?? [];
  if (name === undefined) return end + 1;
  if (closing === '/') closeTag(name.toLowerCase(), writing);
  else openTag(name.toLowerCase(), inside, writing);
  return end + 1;
}

function openTag(name: string, inside: string, writing: Writing): void {
  if (writing.skipping !== undefined) return;
  if (DROPPED.has(name) && !inside.endsWith('/')) writing.skipping = name;
  if (EMPTY.has(name)) writing.out += `<${name}>`;
  else if (name === 'a') openLink(inside, writing);
  else if (KEPT.has(name) && !inside.endsWith('/')) push(name, `<${name}>`, writing);
}

function openLink(inside: string, writing: Writing): void {
  const [, double, single] = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(inside) ?? [];
  const address = decoded(double ?? single ?? '').trim();
  if (SAFE_LINK.test(address)) push('a', html`<a href="${address}" rel="noopener noreferrer">`.html, writing);
}

function push(name: string, markup: string, writing: Writing): void {
  writing.open.push(name);
  writing.out += markup;
}

function closeTag(name: string, writing: Writing): void {
  if (writing.skipping !== undefined) {
    if (writing.skipping === name) writing.skipping = undefined;
    return;
  }
  if (!writing.open.includes(name)) return;
  for (let last = writing.open.pop(); last !== undefined; last = writing.open.pop()) {
    writing.out += `</${last}>`;
    if (last === name) return;
  }
}

/** Paragraphs, lists, bold, italic, links and line breaks; every other sign of Markdown stays as it is typed. */
export function fromMarkdown(source: string): Html {
  const blocks = source.replaceAll('\r\n', '\n').split(/\n[ \t]*\n/);
  return { html: blocks.map(block).join('') };
}

const BULLET = /^[ \t]{0,3}[-*+] +/;
const NUMBER = /^[ \t]{0,3}[0-9]{1,4}[.)] +/;

function block(source: string): string {
  const lines = source.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return '';
  const list = (mark: RegExp, name: string): string => `<${name}>${lines.map((line) => `<li>${inline(line.replace(mark, ''))}</li>`).join('')}</${name}>`;
  if (lines.every((line) => BULLET.test(line))) return list(BULLET, 'ul');
  if (lines.every((line) => NUMBER.test(line))) return list(NUMBER, 'ol');
  return `<p>${lines.map((line) => inline(line.replace(/^#{1,6} +/, ''))).join('<br>')}</p>`;
}

/** Bounded, so that no text makes it slow: an opening sign is looked after for 500 characters. */
const LINK = /\[([^\][]{1,300})\]\(([^()\s]{1,500})\)/g;
const BOLD = /\*\*([^*\n]{1,500})\*\*|__([^_\n]{1,500})__/g;
const ITALIC = /\*([^*\n]{1,500})\*|(?<![\p{L}\p{N}])_([^_\n]{1,500})_(?![\p{L}\p{N}])/gu;

function inline(line: string): string {
  const strong = (part: string): string =>
    text(part)
      .replace(BOLD, (_, a: string | undefined, b: string | undefined) => `<strong>${a ?? b}</strong>`)
      .replace(ITALIC, (_, a: string | undefined, b: string | undefined) => `<em>${a ?? b}</em>`);
  let out = '';
  let from = 0;
  for (const { 0: whole, 1: label = '', 2: address = '', index } of line.matchAll(LINK)) {
    out += strong(line.slice(from, index));
    out += SAFE_LINK.test(address) ? html`<a href="${address}" rel="noopener noreferrer">${label}</a>`.html : text(label);
    from = index + whole.length;
  }
  return out + strong(line.slice(from));
}
