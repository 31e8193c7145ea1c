/** An entry of the transaction that an extraction gives. https://hl7.org/fhir/R4/http.html#transaction */
import type { BundleEntry, BundleEntryRequest, Extension } from 'fhir/r4';
import { plainValue } from '../../fhir/fhirpath.ts';
import type { IdMaker, Resource } from '../../fhir/resource.ts';
import { partOf } from '../extension.ts';
import { evaluate, type Scope } from './scope.ts';

/** What one extraction leads to. */
export interface Extracted {
  /** The same for the same question in every version of an answer: by it an amended answer finds what it led to before. */
  readonly key: string;
  readonly entry: BundleEntry;
  /** How it came about; only what an Observation-based extraction makes is of a form that the server itself decides. */
  readonly by: 'observation' | 'definition' | 'template';
}

/** The parts of an extension that say how the entry is to be sent: each a FHIRPath. */
const REQUEST_PARTS = ['ifNoneMatch', 'ifModifiedSince', 'ifMatch', 'ifNoneExist'] as const;

export interface Sending {
  /** With `fullUrl`, `resourceId`, `ifNoneExist` and the like; undefined where nothing is said. */
  readonly extension: Extension | undefined;
  readonly scope: Scope;
  readonly place: string;
  readonly ids: IdMaker;
}

/** PUT where the resource has an id, else POST. */
export function entryFor(resource: Resource, sending: Sending): BundleEntry {
  const id = textOf('resourceId', sending) ?? (typeof resource.id === 'string' ? resource.id : undefined);
  const type = resource.resourceType as string;
  const request: BundleEntryRequest = { method: id === undefined ? 'POST' : 'PUT', url: id === undefined ? type : `${type}/${id}` };
  for (const part of REQUEST_PARTS) {
    const text = textOf(part, sending);
    if (text !== undefined) request[part] = text;
  }
  const { resourceType, id: _, ...rest } = resource;
  return {
    fullUrl: textOf('fullUrl', sending) ?? `urn:uuid:${sending.ids()}`,
    resource: { resourceType, ...(id !== undefined && { id }), ...rest } as BundleEntry['resource'] & object, // a resource of whatever type the form's author named
    request,
  };
}

function textOf(part: string, { extension, scope, place }: Sending): string | undefined {
  const expression = extension === undefined ? undefined : partOf(extension, part)?.valueString;
  if (typeof expression !== 'string') return undefined;
  const [value] = evaluate(expression, scope, `${place}.extension('${part}')`).map(plainValue);
  return value === undefined || value === null ? undefined : String(value);
}
