/** What the operations on questionnaires are given: Parameters with parts, one resource alone, or simple values in the URL. */
import type { Identifier, Reference } from 'fhir/r4';
import { parseResource } from '../../../fhir/json.ts';
import { FhirError } from '../../../fhir/outcome.ts';
import type { Resource } from '../../../fhir/resource.ts';
import { asRecord } from '../../../questionnaire/value.ts';
import type { FhirRequest } from '../../message.ts';
import { requireJsonBody } from '../../negotiate.ts';
import { refuseUnknown } from '../../query.ts';

export interface Given {
  readonly name: string;
  /** value[x], whatever its type. */
  readonly value: unknown;
  readonly resource: Resource | undefined;
  readonly parts: readonly Given[];
}

/** `alone`: the parameter that a body without Parameters stands for. Throws `unknown-parameter` for names that are not `known`. */
export function givenIn(request: FhirRequest, known: readonly string[], alone?: string): readonly Given[] {
  refuseUnknown(request, known);
  const inUrl = [...request.query].filter(([name]) => known.includes(name)).map(([name, value]): Given => ({ name, value, resource: undefined, parts: [] }));
  if (request.body === '' && request.resource === undefined) return inUrl;
  requireJsonBody(request);
  const body = request.resource ?? parseResource(request.body);
  if (body.resourceType !== 'Parameters' && alone !== undefined) return [...inUrl, { name: alone, value: undefined, resource: body, parts: [] }];
  if (body.resourceType !== 'Parameters')
    throw new FhirError('bad-request', `The body is a ${JSON.stringify(body.resourceType.slice(0, 100))}; this operation takes Parameters.`);
  const given = listOf(body.parameter, 'Parameters.parameter');
  const odd = given.find(({ name }) => !known.includes(name));
  if (odd !== undefined)
    throw new FhirError('unknown-parameter', `The parameter ${JSON.stringify(odd.name.slice(0, 100))} means nothing here; allowed: ${known.join(', ')}.`);
  return [...inUrl, ...given];
}

function listOf(list: unknown, place: string): readonly Given[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw new FhirError('bad-request', `${place} is not a list.`, { expression: place });
  return list.map((raw, index) => parameterOf(asRecord(raw), `${place}[${index}]`));
}

function parameterOf(raw: Record<string, unknown>, place: string): Given {
  if (typeof raw.name !== 'string') throw new FhirError('bad-request', 'Each parameter needs a name.', { expression: `${place}.name` });
  const [, value] = Object.entries(raw).find(([key]) => key.startsWith('value')) ?? [];
  const resource = asRecord(raw.resource);
  const isResource = typeof resource.resourceType === 'string';
  return { name: raw.name, value, resource: isResource ? (resource as Resource) : undefined, parts: listOf(raw.part, `${place}.part`) }; // an object with a resourceType
}

/** The parameter that may stand once, under any of its names. */
export function the(given: readonly Given[], ...names: readonly string[]): Given | undefined {
  const found = given.filter(({ name }) => names.includes(name));
  if (found.length > 1) throw new FhirError('bad-parameter', `${names.join(' or ')} stands ${found.length} times; once is right.`);
  return found[0];
}

export const textIn = (given: Given | undefined): string | undefined => (typeof given?.value === 'string' ? given.value : undefined);

/** A Reference; in a URL its text alone. */
export function referenceIn(given: Given | undefined): Reference | undefined {
  const text = textIn(given);
  if (text !== undefined) return { reference: text };
  const reference = asRecord(given?.value);
  return Object.keys(reference).length > 0 ? (reference as Reference) : undefined;
}

export function identifierIn(given: Given | undefined): Identifier | undefined {
  const text = textIn(given);
  if (text === undefined) return given === undefined ? undefined : (asRecord(given.value) as Identifier);
  const bar = text.indexOf('|');
  return bar < 0 ? { value: text } : { system: text.slice(0, bar), value: text.slice(bar + 1) };
}

/** The resource of that type which must be there. */
export function resourceIn(given: Given | undefined, type: string, name: string): Resource {
  if (given?.resource?.resourceType === type) return given.resource;
  throw new FhirError('bad-request', `This needs a ${type}: in the parameter "${name}".`, { expression: 'Parameters.parameter' });
}
