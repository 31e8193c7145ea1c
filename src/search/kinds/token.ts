/**
 * https://hl7.org/fhir/R4/search.html#token. Codes compare with case, but where a system is named
 * that says `caseSensitive: false`: the code systems in use define it (FHIR's own, LOINC, SNOMED CT, UCUM), and a conditional create
 * must tell two identifiers apart. E-mail addresses compare without.
 */
import type { Test } from '../ast.ts';
import type { Value } from '../entry.ts';
import { splitUnescaped, unescapeValue } from '../escape.ts';
import type { Codes } from '../terms.ts';
import { type Asked, badValue, fieldsOf, findsOnly, has, type Kind, listOf, type Reader, textOf } from './kind.ts';

/** `code`, `system|code`, `|code` or `system|`. */
function parse(asked: Asked): Test {
  const parts = splitUnescaped(asked.text, '|').map(unescapeValue);
  const [first = '', second] = parts;
  if (parts.length > 2)
    throw badValue(asked, `it has more than one '|'; a token is written as code, system|code, |code or system|, with \\| for a bar of its own.`);
  if (second === undefined) return { is: 'token', code: codeOf(asked, first) };
  if (second === '' && first === '') throw badValue(asked, 'it names neither a system nor a code.');
  const system = first === '' ? '' : systemOf(asked, first, second);
  return second === '' ? { is: 'token', system } : oneCode(asked, first, { system, code: codeOf(asked, second) });
}

/** `of`: the system as it was asked for. */
function oneCode({ terms }: Asked, of: string, token: { readonly system: string; readonly code: string }): Test {
  const codes = of === '' ? [] : terms.spellings(of, token.code);
  return codes.length > 1 ? { is: 'codes', system: token.system, codes } : { is: 'token', ...token };
}

/**
 * The codes that a set of codes stands for, one test a system. An element of type `code` carries no system: there all
 * codes whose system its own value set knows count without one.
 */
export function codesTests(asked: Asked, bySystem: Codes): Test[] {
  const tests = new Map<string, Set<string>>();
  for (const [of, codes] of bySystem) {
    for (const code of codes) {
      const system = systemOf(asked, of, code);
      tests.set(system, (tests.get(system) ?? new Set()).add(code));
    }
  }
  return [...tests].map(([system, codes]) => ({ is: 'codes', system, codes: [...codes] }));
}

function codeOf(asked: Asked, code: string): string {
  if (code === '') throw badValue(asked, 'it is empty.');
  if (findsOnly(asked, 'boolean') && code !== 'true' && code !== 'false') throw badValue(asked, 'it can only be true or false.');
  return findsOnly(asked, 'ContactPoint') ? contactForm(code) : code;
}

/**
 * A `code` element carries no system; that of its value set is implied. So a system that the value set has for that
 * code is the same as none.
 */
function systemOf(asked: Asked, system: string, code: string): string {
  if (!findsOnly(asked, 'code')) return system;
  const sets = asked.branches.map(({ element }) => element?.binding && asked.registry.valueSetCodes(element.binding.valueSet));
  const implied = sets.some((set) => set === undefined || (code === '' ? listsSystem(set, system) : set.has(`${system}|${code}`)));
  return implied ? '' : system;
}

const listsSystem = (set: ReadonlySet<string>, system: string): boolean => set.values().some((code) => code.startsWith(`${system}|`));

/** `type system|type code|value` of an Identifier. https://hl7.org/fhir/R4/search.html#token, `:of-type` */
function parseOfType(asked: Asked): Test {
  const [system = '', type = '', value = '', ...more] = splitUnescaped(asked.text, '|').map(unescapeValue);
  if (type === '' || value === '' || more.length > 0)
    throw badValue(asked, 'it is written as system|code|value: the type of the identifier, then the identifier.');
  return { is: 'token', system: `${system}|${type}`, code: value };
}

const SPACING = /[\s().-]/g;
const PHONE = /^\+?[\d\s().-]+$/;

/** E-mail addresses without case, telephone numbers without spacing. */
function contactForm(text: string): string {
  if (text.includes('@')) return text.toLowerCase();
  return text.length <= 64 && PHONE.test(text) ? text.replace(SPACING, '') : text;
}

function readCode(element: unknown, out: Value[]): void {
  if (typeof element === 'string' && element !== '') out.push({ kind: 'token', system: '', code: element });
}

function readBoolean(element: unknown, out: Value[]): void {
  if (typeof element === 'boolean') out.push({ kind: 'token', system: '', code: String(element) });
}

function readCoding(element: unknown, out: Value[]): void {
  const { system, code } = fieldsOf(element);
  if (typeof code === 'string' && code !== '') out.push({ kind: 'token', system: textOf(system), code });
}

function readConcept(element: unknown, out: Value[]): void {
  for (const coding of listOf(fieldsOf(element).coding)) readCoding(coding, out);
}

function readIdentifier(element: unknown, out: Value[]): void {
  const { system, value } = fieldsOf(element);
  if (typeof value === 'string' && value !== '') out.push({ kind: 'token', system: textOf(system), code: value });
}

function readContact(element: unknown, out: Value[]): void {
  const { system, value } = fieldsOf(element);
  if (typeof value === 'string' && value !== '') out.push({ kind: 'token', system: textOf(system), code: contactForm(value) });
}

function readTypedIdentifier(element: unknown, out: Value[]): void {
  const { type, value } = fieldsOf(element);
  if (typeof value !== 'string' || value === '') return;
  for (const coding of listOf(fieldsOf(type).coding)) {
    const { system, code } = fieldsOf(coding);
    if (typeof code === 'string') out.push({ kind: 'token', system: `${textOf(system)}|${code}`, code: value });
  }
}

function compare(value: Value, test: Test): boolean {
  if (value.kind !== 'token') return false;
  if (test.is === 'differs') return !compare(value, test.from);
  if (test.is === 'codes') return value.system === test.system && test.codes.includes(value.code);
  if (test.is !== 'token') return false;
  return (test.code === undefined || value.code === test.code) && (test.system === undefined || value.system === test.system);
}

function guess(value: unknown): string {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'code';
  if (has(value, 'coding', 'text')) return 'CodeableConcept';
  return has(value, 'value') ? 'Identifier' : 'Coding';
}

export const tokenKind: Kind = {
  modifiers: ['above', 'below', 'in', 'not', 'not-in'],
  parse,
  readers: new Map<string, Reader>([
    ['code', readCode],
    ['string', readCode],
    ['id', readCode],
    ['uri', readCode],
    ['url', readCode],
    ['canonical', readCode],
    ['boolean', readBoolean],
    ['Coding', readCoding],
    ['CodeableConcept', readConcept],
    ['Identifier', readIdentifier],
    ['ContactPoint', readContact],
  ]),
  manyFrom: ['CodeableConcept'],
  guess,
  compare,
};

/** Identifiers by the type that they carry: the kind of every `…:of-type` parameter. */
export const identifierTypeKind: Kind = {
  modifiers: [],
  parse: parseOfType,
  readers: new Map([['Identifier', readTypedIdentifier]]),
  manyFrom: ['Identifier'],
  guess: () => 'Identifier',
  compare,
};
