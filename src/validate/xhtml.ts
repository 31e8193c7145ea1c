/**
 * Reads a narrative's XHTML in one pass and tells the first thing in it that FHIR does not allow: whoever shows the text
 * may then put it into a page as it is. https://hl7.org/fhir/R4/narrative.html#xhtml
 */

/** HTML 4.0 chapters 7 to 11 (without 9.4) and 15, `a`, images; nothing deprecated, no scripts, forms, frames or objects. */
const ELEMENTS: ReadonlySet<string> = new Set(
  [
    'a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img kbd',
    'li map ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var',
  ]
    .join(' ')
    .split(' '),
);

const ATTRIBUTES: ReadonlySet<string> = new Set(
  [
    'abbr accesskey align alt axis border cellpadding cellspacing char charoff class colspan coords cite dir frame headers height href id lang longdesc',
    'name nohref nowrap rel rowspan rules scope shape span src start style summary tabindex title type usemap valign value width xml:lang xmlns xml:space',
  ]
    .join(' ')
    .split(' '),
);

const XHTML_NAMESPACE = 'http://www.w3.org/1999/xhtml';
/** Attributes that hold an address, and the schemes an address may have; one without a scheme is relative. */
const ADDRESSES: readonly string[] = ['href', 'src', 'cite', 'longdesc', 'usemap'];
const SCHEMES: readonly string[] = ['http', 'https', 'mailto', 'tel', 'urn', 'cid'];
/** What turns a style into a program, or lets it fetch something. */
const STYLE_DANGERS: readonly string[] = ['expression(', 'javascript:', 'behavior:', '-moz-binding', '@import', 'url('];

interface Reading {
  readonly text: string;
  at: number;
  readonly open: string[];
  /** The outer <div> has been met. */
  hasRoot: boolean;
  /** Some text or an image has been met (txt-2). */
  hasContent: boolean;
}

/** A sentence on what is wrong, or undefined. */
export function xhtmlFault(text: string): string | undefined {
  const reading: Reading = { text, at: 0, open: [], hasRoot: false, hasContent: false };
  while (reading.at < text.length) {
    const fault = text[reading.at] === '<' ? readMarkup(reading) : readText(reading);
    if (fault !== undefined) return fault;
  }
  const unclosed = reading.open.at(-1);
  if (unclosed !== undefined) return `<${unclosed}> is not closed`;
  return reading.hasContent ? undefined : 'txt-2: the narrative SHALL have some non-whitespace content';
}

function readText(reading: Reading): string | undefined {
  const { text, at, open } = reading;
  const next = text.indexOf('<', at);
  const end = next < 0 ? text.length : next;
  const run = text.slice(at, end);
  reading.at = end;
  if (run.trim() === '') return undefined;
  if (open.length === 0) return 'the narrative is one <div> with nothing before or behind it';
  reading.hasContent = true;
  return entityFault(run);
}

/** Each & begins a reference such as &amp; or &#160; */
function entityFault(run: string): string | undefined {
  for (let at = run.indexOf('&'); at >= 0; at = run.indexOf('&', at + 1)) {
    if (!/^&(?:#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,9});/.test(run.slice(at, at + 12))) return 'an & that is meant as such is written &amp;';
  }
  return undefined;
}

function readMarkup(reading: Reading): string | undefined {
  const { text, at } = reading;
  if (text.startsWith('<!--', at)) return skipComment(reading);
  if (text[at + 1] === '!' || text[at + 1] === '?') return 'document types, CDATA sections and processing instructions are not allowed';
  return text[at + 1] === '/' ? readEndTag(reading) : readStartTag(reading);
}

function skipComment(reading: Reading): string | undefined {
  const end = reading.text.indexOf('-->', reading.at + 4);
  reading.at = end + 3;
  return end < 0 ? 'a comment is not closed' : undefined;
}

function readEndTag(reading: Reading): string | undefined {
  const end = reading.text.indexOf('>', reading.at);
  const name = reading.text.slice(reading.at + 2, end).trimEnd();
  const open = reading.open.pop();
  reading.at = end + 1;
  if (end < 0) return 'a tag is not closed with >';
  return name === open ? undefined : `</${name.slice(0, 20)}> closes ${open === undefined ? 'nothing' : `<${open}>`}`;
}

function readStartTag(reading: Reading): string | undefined {
  reading.at += 1;
  const name = readName(reading);
  const isRoot = reading.open.length === 0;
  if (isRoot && (name !== 'div' || reading.hasRoot)) return 'the narrative is one <div> with nothing before or behind it';
  reading.hasRoot = true;
  if (!ELEMENTS.has(name)) return `<${name.slice(0, 20)}> is not allowed; only basic formatting is`;
  const seen = new Map<string, string>();
  for (let char = skipBlanks(reading); char !== '>' && char !== '/'; char = skipBlanks(reading)) {
    const fault = readAttribute(reading, seen);
    if (fault !== undefined) return fault;
  }
  if (isRoot && seen.get('xmlns') !== XHTML_NAMESPACE) return `the outer <div> has xmlns="${XHTML_NAMESPACE}"`;
  if (name === 'img') reading.hasContent = true;
  return closeStartTag(reading, name);
}

function closeStartTag(reading: Reading, name: string): string | undefined {
  const isEmpty = reading.text[reading.at] === '/';
  if (isEmpty) reading.at += 1;
  if (reading.text[reading.at] !== '>') return `<${name}> is not closed with >`;
  reading.at += 1;
  if (!isEmpty) reading.open.push(name);
  return undefined;
}

function readAttribute(reading: Reading, seen: Map<string, string>): string | undefined {
  const name = readName(reading);
  if (name === '') return 'a tag holds something that is no attribute';
  const value = readValue(reading);
  if (value === undefined) return `the attribute ${name.slice(0, 20)} has no value in quotes`;
  if (seen.has(name)) return `the attribute ${name.slice(0, 20)} is given twice`;
  seen.set(name, value);
  return attributeFault(name, value);
}

function attributeFault(name: string, value: string): string | undefined {
  if (!ATTRIBUTES.has(name)) return `the attribute ${name.slice(0, 20)} is not allowed; scripts and event handlers never are`;
  if (value.includes('<')) return `< within an attribute is written &lt;`;
  if (entityFault(value) !== undefined) return entityFault(value);
  if (ADDRESSES.includes(name)) return addressFault(name, value);
  const style = name === 'style' ? decoded(value) : '';
  // A backslash can spell any letter in a style, a comment can split a word.
  if (style.includes('\\') || style.includes('/*') || STYLE_DANGERS.some((danger) => style.includes(danger))) return 'a style may only format';
  return undefined;
}

function addressFault(name: string, value: string): string | undefined {
  const address = decoded(value);
  const scheme = address.slice(0, Math.max(address.indexOf(':'), 0));
  const isRelative = scheme === '' || /[/?#]/.test(scheme);
  const isImage = name === 'src' && address.startsWith('data:image/') && !address.startsWith('data:image/svg');
  return isRelative || isImage || SCHEMES.includes(scheme) ? undefined : `${name} may not point to ${scheme.slice(0, 20)}: addresses`;
}

/** As a browser reads it: character references resolved, blanks and control characters dropped, lower case. */
function decoded(value: string): string {
  const resolved = value.replaceAll(
    /&(?:#([0-9]{1,7})|#x([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{1,9}));/g,
    (_, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return NAMED.get(name) ?? '';
      const point = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
      return point <= 0x10ffff ? String.fromCodePoint(point) : '';
    },
  );
  return Array.from(resolved, (char) => (char <= ' ' || char === '\u007f' ? '' : char))
    .join('')
    .toLowerCase();
}

/** The named references that spell ASCII punctuation; any other name spells no scheme, and is dropped. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['colon', ':'],
  ['lpar', '('],
  ['rpar', ')'],
  ['sol', '/'],
  ['bsol', '\\'],
  ['num', '#'],
  ['quest', '?'],
  ['commat', '@'],
]);

/** The text of `="…"` or `='…'`. */
function readValue(reading: Reading): string | undefined {
  if (skipBlanks(reading) !== '=') return undefined;
  reading.at += 1;
  const quote = skipBlanks(reading);
  if (quote !== '"' && quote !== "'") return undefined;
  const end = reading.text.indexOf(quote, reading.at + 1);
  if (end < 0) return undefined;
  const value = reading.text.slice(reading.at + 1, end);
  reading.at = end + 1;
  return value;
}

/** Moves to the next character that is no blank and returns it; '' at the end. */
function skipBlanks(reading: Reading): string {
  while (isBlank(reading.text.charCodeAt(reading.at))) reading.at += 1;
  return reading.text.charAt(reading.at);
}

const isBlank = (char: number): boolean => char === 32 || char === 9 || char === 10 || char === 13;

/** Letters, digits, `:`, `-` and `_`, as far as they go. XHTML names are lower case; others are in no list. */
function readName(reading: Reading): string {
  const from = reading.at;
  while (/[A-Za-z0-9:_-]/.test(reading.text.charAt(reading.at))) reading.at += 1;
  return reading.text.slice(from, reading.at);
}
