/**
 * What this server says of itself, as texts that are written once and kept while they hold: until the definitions that are
 * loaded change.
 */
import type { Clock } from '../fhir/resource.ts';
import { statementOf } from './capability.ts';
import { type KeptDocument, keptDocument } from './kept-document.ts';
import { createOffer, type Offer, type OfferParts } from './offer.ts';
import { openApiOf as openApiDocument } from './openapi.ts';

export interface Description {
  readonly offer: () => Offer;
  /** The CapabilityStatement, as JSON. */
  readonly statement: (base: string) => KeptDocument;
  /** The OpenAPI document, as JSON. */
  readonly openApi: (base: string) => KeptDocument;
  /** That of some types only: not kept. */
  readonly openApiOf: (base: string, types: readonly string[]) => string;
}

export interface DescriptionParts extends OfferParts {
  readonly software: { readonly name: string; readonly version: string };
  readonly clock: Clock;
}

/** Nothing is written before it is asked for. */
export function createDescription(parts: DescriptionParts): Description {
  const { software, clock } = parts;
  const offer = createOffer(parts);
  const openApiOf = (base: string, types?: readonly string[]): string =>
    JSON.stringify(openApiDocument({ offer: offer(), registry: parts.params.registry, stated: { software, base }, ...(types && { types }) }));
  return {
    offer,
    openApi: kept({ offer, clock }, (base) => openApiOf(base)),
    openApiOf,
    statement: kept({ offer, clock }, (base, date) => JSON.stringify(statementOf(offer(), { software, base, date }))),
  };
}

interface Kept {
  readonly document: KeptDocument;
  readonly of: Offer;
  readonly date: Date;
}

/** One document for each base, dated when what it says last changed. A server has one base, as its settings say. */
function kept({ offer, clock }: { offer: () => Offer; clock: Clock }, write: (base: string, date: Date) => string): (base: string) => KeptDocument {
  const documents = new Map<string, Kept>();
  return (base) => {
    const known = documents.get(base);
    const of = offer();
    if (known?.of === of) return known.document;
    const holds = known !== undefined && write(base, known.date) === known.document.text;
    const date = clock();
    const now = holds ? { ...known, of } : { document: keptDocument(write(base, date)), of, date };
    documents.set(base, now);
    return now.document;
  };
}
