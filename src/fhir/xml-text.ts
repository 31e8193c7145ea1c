/**
 * XML text in and out: the one door to fast-xml-parser. Document types and entities of their own are refused before
 * anything is parsed, so that nothing can be expanded; comments and processing instructions are dropped.
 * https://hl7.org/fhir/R4/xml.html, https://hl7.org/fhir/R4/security.html#narrative
 */
import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import { FhirError } from './outcome.ts';

/** An element as FHIR uses them: attributes and elements, no text. The `div` of a narrative is kept as text. */
export interface XmlElement {
  readonly name: string;
  /** Decoded. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The whole of a `<div>`, tags included. */
  readonly xhtml?: string;
}

/** Elements within elements; about what the depth of JSON allows. */
const MAX_DEPTH = 100;
const NARRATIVE = 'div';

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  stopNodes: [`..${NARRATIVE}`],
  maxNestedTags: MAX_DEPTH,
});

/** As the package gives it: one key with the children, `:@` with the attributes; or a piece of text. */
type Parsed = Readonly<Record<string, unknown>>;

/** The root element. Throws FhirError `bad-xml` with what is wrong and where. */
export function parseXml(text: string): XmlElement {
  if (text.trim() === '') throw new FhirError('bad-xml', 'The body is empty; a FHIR resource as XML is expected.');
  refuseDeclarations(text);
  const roots = parsed(text).filter((node) => !('#text' in node));
  const [root, second] = roots;
  if (root === undefined || second !== undefined) throw new FhirError('bad-xml', `The XML has ${roots.length} root elements; it needs one, the resource.`);
  return elementOf(root);
}

/** `<!` may begin a comment or a CDATA section, nothing else: no DOCTYPE, no ENTITY. */
function refuseDeclarations(text: string): void {
  for (let at = text.indexOf('<!'); at >= 0; at = text.indexOf('<!', at + 1)) {
    if (!text.startsWith('<!--', at) && !text.startsWith('<![CDATA[', at))
      throw new FhirError('bad-xml', `The XML has a declaration (${JSON.stringify(text.slice(at, at + 20))}); document types and entities are not read.`);
  }
  if (text.includes('\0')) throw new FhirError('bad-xml', 'The XML holds a null character, which XML may not.');
}

function parsed(text: string): Parsed[] {
  const valid = XMLValidator.validate(text);
  if (valid !== true)
    throw new FhirError(
      'bad-xml',
      `The XML breaks at line ${valid.err.line}${valid.err.col === undefined ? '' : `, column ${valid.err.col}`}: ${valid.err.msg.slice(0, 300)}`,
    );
  try {
    return parser.parse(text) as Parsed[]; // what preserveOrder promises
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FhirError('bad-xml', `The XML cannot be read: ${reason.slice(0, 300)}`, { cause });
  }
}

function elementOf(node: Parsed): XmlElement {
  const { ':@': given = {}, ...rest } = node;
  const [name = '', content] = Object.entries(rest)[0] ?? [];
  const raw = Object.entries(given as Readonly<Record<string, string>>);
  const parts = content as readonly Parsed[];
  if (name === NARRATIVE) return { name, attributes: new Map(), children: [], xhtml: divOf(raw, parts) };
  refuseText(name, parts);
  const attributes = new Map(raw.map(([key, value]) => [key, decoded(value)]));
  return { name, attributes, children: parts.filter((part) => !('#text' in part)).map(elementOf) };
}

function divOf(attributes: readonly (readonly [string, string])[], parts: readonly Parsed[]): string {
  const inner = parts.map((part) => String(part['#text'] ?? '')).join('');
  const printed = attributes.map(([name, value]) => ` ${name}="${value.replaceAll('"', '&quot;')}"`).join('');
  return inner === '' ? `<${NARRATIVE}${printed}/>` : `<${NARRATIVE}${printed}>${inner}</${NARRATIVE}>`;
}

function refuseText(name: string, parts: readonly Parsed[]): void {
  const text = parts
    .map((part) => String(part['#text'] ?? ''))
    .join('')
    .trim();
  if (text !== '')
    throw new FhirError('bad-xml', `<${name.slice(0, 100)}> holds the text ${JSON.stringify(text.slice(0, 50))}; FHIR puts values into the attribute "value".`);
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** The five entities of XML itself, and characters by number. */
function decoded(value: string): string {
  if (!value.includes('&')) return value;
  return value.replace(/&([^;&]{0,12});?/g, (whole, name: string) => {
    const char = NAMED.get(name) ?? (name.startsWith('#') && whole.endsWith(';') ? characterAt(name.slice(1)) : undefined);
    if (char === undefined || !whole.endsWith(';'))
      throw new FhirError('bad-xml', `${JSON.stringify(whole)} is no entity of XML; an & that is meant as such is written &amp;.`);
    return char;
  });
}

function characterAt(number: string): string | undefined {
  const code = /^x[0-9a-fA-F]{1,6}$/.test(number) ? Number.parseInt(number.slice(1), 16) : /^\d{1,7}$/.test(number) ? Number(number) : 0;
  const isChar = code > 0 && code <= 0x10_ffff && (code < 0xd800 || code > 0xdfff);
  return isChar ? String.fromCodePoint(code) : undefined;
}

const builderFor = (format: boolean): XMLBuilder =>
  new XMLBuilder({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    processEntities: false,
    suppressEmptyNode: true,
    suppressBooleanAttributes: false,
    maxNestedTags: MAX_DEPTH,
    format,
  });
const PLAIN = builderFor(false);
const PRETTY = builderFor(true);

/** The XML text of an element, with its declaration; on several lines where it is for people. */
export function printXml(element: XmlElement, pretty = false): string {
  const text = (pretty ? PRETTY : PLAIN).build([nodeOf(element)]);
  return `<?xml version="1.0" encoding="UTF-8"?>${pretty ? text : `\n${text}`}`;
}

function nodeOf({ name, attributes, children, xhtml }: XmlElement): Parsed {
  if (xhtml !== undefined) return { '#text': withXmlEntities(xhtml) };
  const node = { [name]: children.map(nodeOf) };
  return attributes.size === 0 ? node : { ...node, ':@': Object.fromEntries([...attributes].map(([key, value]) => [key, encoded(value)])) };
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\t': '&#x9;', '\n': '&#xA;', '\r': '&#xD;' };

/** A reader would make blanks of line ends in an attribute. What XML cannot say at all becomes U+FFFD. */
const encoded = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML 1.0 does not have
  text.replace(/[&<>"\t\n\r]/g, (char) => ESCAPES[char] ?? char).replace(/[\u0001-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\uFFFD');

/** Names of HTML for the characters from 160 to 255, in their order. https://www.w3.org/TR/html401/sgml/entities.html */
const LATIN = [
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo',
  'frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve',
  'Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute',
  'ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml',
]
  .join(' ')
  .split(' ');
const HTML_ENTITIES: ReadonlyMap<string, number> = new Map([
  ...LATIN.map((name, at): [string, number] => [name, 160 + at]),
  ['ndash', 8211],
  ['mdash', 8212],
  ['lsquo', 8216],
  ['rsquo', 8217],
  ['ldquo', 8220],
  ['rdquo', 8221],
  ['bull', 8226],
  ['hellip', 8230],
  ['euro', 8364],
  ['trade', 8482],
  ['rarr', 8594],
  ['le', 8804],
  ['ge', 8805],
]);

/** JSON may hold a narrative with names of HTML, which XML does not know without a document type. */
const withXmlEntities = (xhtml: string): string =>
  xhtml.replace(/&([A-Za-z][A-Za-z0-9]{1,9});/g, (whole, name: string) => {
    if (NAMED.has(name)) return whole;
    const code = HTML_ENTITIES.get(name);
    return code === undefined ? `&amp;${name};` : `&#${code};`;
  });
