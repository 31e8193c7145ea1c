/** For each search parameter a value that it takes, shown where the API is described. It need not find anything. */
import { isFullText } from '../search/full-text.ts';
import { isCanonical } from '../search/links.ts';
import type { Param } from '../search/param.ts';
import type { Params } from '../search/params.ts';

const ID = '7';
const WORD = 'pain';
const CODE = 'http://hl7.org/fhir/administrative-gender|female';
const CODES = 'http://hl7.org/fhir/ValueSet/administrative-gender';
const CANONICAL_URL = 'http://example.org/fhir/definition';

/** What a modifier wants, whatever it stands behind. */
const BY_MODIFIER: ReadonlyMap<string, string> = new Map([
  ['missing', 'true'],
  ['text', WORD],
  ['of-type', 'http://terminology.hl7.org/CodeSystem/v2-0203|MR|12345'],
  ['identifier', 'http://example.org/ids|12345'],
]);

/** `modifier` is '' for none, or one of those that the parameter takes. */
export function exampleOf(params: Params, param: Param, modifier = ''): string {
  const special = BY_MODIFIER.get(modifier);
  if (special !== undefined) return special;
  if (param.kind === 'token') return tokenExample(params, param, modifier);
  if (param.kind === 'reference') return referenceExample(params, param, modifier);
  if (param.kind === 'composite') return param.parts.map((part) => PLAIN[part.kind]).join('$');
  return isFullText(param.code) ? WORD : PLAIN[param.kind];
}

const PLAIN: Readonly<Record<Param['kind'], string>> = {
  number: '1',
  date: '2026-01-31',
  string: 'Lee',
  token: CODE,
  reference: `Patient/${ID}`,
  quantity: '5.4|http://unitsofmeasure.org|mg',
  uri: CANONICAL_URL,
  composite: '',
  special: '59.91|10.75|5|km',
};

function tokenExample(params: Params, param: Param, modifier: string): string {
  const branches = params.branches(param);
  if (modifier === 'in' || modifier === 'not-in') return CODES;
  if (modifier === 'above' || modifier === 'below') return CODE;
  const types = new Set(branches.map(({ type }) => type));
  if (types.has('boolean')) return 'true';
  if (types.has('Identifier')) return 'http://example.org/ids|12345';
  if (types.has('ContactPoint')) return 'phone|+4722000000';
  if (types.has('id') || param.code === '_id') return ID;
  return boundCode(params, param) ?? CODE;
}

/** A code of the value set that the element is bound to. */
function boundCode(params: Params, param: Param): string | undefined {
  for (const { element, type } of params.branches(param)) {
    const [first] = element?.binding === undefined ? [] : (params.registry.valueSetCodes(element.binding.valueSet) ?? []);
    if (first !== undefined) return type === 'code' ? first.slice(first.indexOf('|') + 1) : first;
  }
  return undefined;
}

function referenceExample(params: Params, param: Param, modifier: string): string {
  if (isCanonical(params, param)) return CANONICAL_URL;
  return param.targets.includes(modifier) ? ID : `${param.targets[0] ?? 'Patient'}/${ID}`;
}
