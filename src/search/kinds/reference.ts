/** https://hl7.org/fhir/R4/search.html#reference */
import { isId, parseReference } from '../../fhir/reference.ts';
import type { Test } from '../ast.ts';
import type { Value } from '../entry.ts';
import { unescapeValue } from '../escape.ts';
import { type Asked, badValue, fieldsOf, findsOnly, has, type Kind, type Reader, textOf } from './kind.ts';

/** `id`, `Type/id`, an absolute URL, or a canonical with or without `|version`. The modifier is a type, or ''. */
function parse(asked: Asked): Test {
  const text = unescapeValue(asked.text);
  if (findsOnly(asked, 'canonical')) return canonicalTest(asked, text);
  if (isId(text)) return byId(asked, text);
  const target = targetOf(text, asked.base);
  if (target === undefined) throw badValue(asked, 'a reference is written as an id, as Type/id or as an absolute URL.');
  const version = target.version === '' ? {} : { version: target.version };
  if (!target.local) return { is: 'url', url: target.target, ...version };
  const [type = '', id = ''] = target.target.split('/');
  if (!asked.registry.isResourceType(type)) throw badValue(asked, `'${type}' is not a resource type of FHIR R4.`);
  if (asked.modifier !== '' && asked.modifier !== type) throw badValue(asked, `it names a ${type}, but the modifier asks for a ${asked.modifier}.`);
  return { is: 'reference', type, id, ...version };
}

/** A canonical is a URL, also where it looks like a reference: which resources it means, their own `url` says. */
function canonicalTest(asked: Asked, text: string): Test {
  const bar = text.lastIndexOf('|');
  const url = bar < 0 ? text : text.slice(0, bar);
  if (url === '' || /\s/.test(url)) throw badValue(asked, 'a canonical is written as a URL, with |version behind it or without.');
  const version = text.slice(bar + 1);
  return { is: 'url', url, ...(bar < 0 || version === '' ? {} : { version }), ...(asked.modifier === 'below' ? { below: true as const } : {}) };
}

/** The type comes from the modifier, or from the definition where that allows one type alone. */
function byId(asked: Asked, id: string): Test {
  const only = asked.param.targets.length === 1 ? asked.param.targets[0] : undefined;
  const type = asked.modifier === '' ? only : asked.modifier;
  return type === undefined ? { is: 'reference', id } : { is: 'reference', type, id };
}

interface Target {
  /** `Type/id` where local, otherwise the URL. */
  readonly target: string;
  readonly version: string;
  readonly local: boolean;
}

/** What a reference points at; undefined where it is malformed, contained or conditional. */
function targetOf(text: string, base: string | undefined): Target | undefined {
  const reference = parseReference(text);
  switch (reference.kind) {
    case 'relative':
      return { target: `${reference.type}/${reference.id}`, version: reference.version ?? '', local: true };
    case 'absolute': {
      const local = reference.base === base;
      const path = `${reference.type}/${reference.id}`;
      return { target: local ? path : `${reference.base}/${path}`, version: reference.version ?? '', local };
    }
    case 'urn':
      return { target: reference.urn, version: '', local: false };
    case 'url':
      return { target: reference.url, version: reference.version ?? '', local: false };
    default:
      return undefined;
  }
}

const readUrl: Reader = (element, out, { base }) => {
  const target = typeof element === 'string' ? targetOf(element, base) : undefined;
  if (target !== undefined) out.push({ kind: 'reference', target: target.target, version: target.version });
};

const readReference: Reader = (element, out, around) => readUrl(fieldsOf(element).reference, out, around);

const readCanonical: Reader = (element, out) => {
  if (typeof element !== 'string' || element === '') return;
  const bar = element.lastIndexOf('|');
  out.push({ kind: 'reference', target: bar < 0 ? element : element.slice(0, bar), version: bar < 0 ? '' : element.slice(bar + 1) });
};

/** A resource inside another, as in Bundle.entry, stands for a reference to itself. */
const readResource: Reader = (element, out) => {
  const { resourceType, id } = fieldsOf(element);
  if (typeof id === 'string') out.push({ kind: 'reference', target: `${textOf(resourceType)}/${id}`, version: '' });
};

function compare(value: Value, test: Test): boolean {
  if (value.kind !== 'reference') return false;
  if (test.is === 'differs') return !compare(value, test.from);
  if (test.is === 'url') return test.below ? isBelow(value, test.url, test.version) : value.target === test.url && versionFits(value.version, test.version);
  if (test.is !== 'reference' || !versionFits(value.version, test.version)) return false;
  if (test.type !== undefined) return value.target === `${test.type}/${test.id}`;
  const slash = value.target.indexOf('/');
  return slash > 0 && value.target.slice(slash + 1) === test.id;
}

function isBelow({ target, version }: Extract<Value, { kind: 'reference' }>, url: string, asked: string | undefined): boolean {
  if (asked === undefined) return target === url || target.startsWith(url.endsWith('/') ? url : `${url}/`);
  return target === url && (version === asked || version.startsWith(`${asked}.`));
}

const versionFits = (found: string, asked: string | undefined): boolean => asked === undefined || found === asked;

function guess(value: unknown): string {
  if (typeof value === 'string') return 'canonical';
  return has(value, 'resourceType') ? 'Resource' : 'Reference';
}

export const referenceKind: Kind = {
  modifiers: ['above', 'below', 'identifier'],
  parse,
  readers: new Map([
    ['Reference', readReference],
    ['canonical', readCanonical],
    ['uri', readUrl],
    ['Resource', readResource],
  ]),
  manyFrom: [],
  guess,
  compare,
};
