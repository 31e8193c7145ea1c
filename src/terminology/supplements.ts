/** Supplements that must be worked in: those that a request or the value set itself names. https://hl7.org/fhir/extensions/StructureDefinition-valueset-supplement.html */
import type { ValueSet } from 'fhir/r4';
import type { Terminology } from './terminology.ts';
import { txError } from './tx-issue.ts';

const EXTENSION = 'http://hl7.org/fhir/StructureDefinition/valueset-supplement';

/** The terminology with those supplements in it. Throws `not-found` where one is not known: an answer without it would be another one. */
export function withSupplements(terminology: Terminology, asked: readonly string[], valueSet?: ValueSet): Terminology {
  const named = (valueSet?.extension ?? []).filter(({ url }) => url === EXTENSION).flatMap(({ valueCanonical }) => valueCanonical ?? []);
  const supplements = [...new Set([...asked, ...named])];
  if (supplements.length === 0) return terminology;
  const missing = supplements.filter((canonical) => terminology.shelf.source.resource('CodeSystem', canonical)?.content !== 'supplement');
  if (missing.length > 0) throw txError('not-found', 'not-found', `The code system supplement ${missing.join(', ')} is asked for, but not known here.`);
  return terminology.with({ supplements });
}
