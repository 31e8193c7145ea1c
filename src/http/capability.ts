/**
 * The CapabilityStatement, written from the offer: what is stated is what the tables that serve the requests say.
 * https://hl7.org/fhir/R4/capabilitystatement.html
 */
import type {
  CapabilityStatement,
  CapabilityStatementRestResource,
  CapabilityStatementRestResourceOperation,
  CapabilityStatementRestResourceSearchParam,
  Extension,
} from 'fhir/r4';
import { isFullText } from '../search/full-text.ts';
import type { Offer, OperationOffer, ParamOffer, TypeOffer } from './offer.ts';
import { PATCH_TYPES } from './patch-body.ts';
import { questionnaireFeatures } from './questionnaire-features.ts';

export interface Stated {
  readonly software: { readonly name: string; readonly version: string };
  /** The FHIR base as clients see it, without a trailing slash. */
  readonly base: string;
  /** When what is offered last changed. */
  readonly date: Date;
}

/**
 * The same for `mode=full` and `mode=normative`: of what R4 marks as being for trial use in this resource nothing is stated.
 * https://hl7.org/fhir/R4/http.html#capabilities
 */
export function statementOf(offer: Offer, { software, base, date }: Stated): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    url: `${base}/metadata`,
    version: software.version,
    name: 'ProBridge',
    title: 'PRO Bridge',
    status: 'active',
    date: date.toISOString(),
    publisher: 'PRO Bridge',
    description: 'FHIR server for patient-reported outcomes: answers are validated, scored and judged as they are stored.',
    kind: 'instance',
    software,
    implementation: { description: software.name, url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'application/fhir+xml', 'json', 'xml'],
    patchFormat: [...PATCH_TYPES],
    rest: [
      {
        mode: 'server',
        documentation: offer.settings.references === 'checked' ? `${DOCUMENTATION} ${CHECKED}` : DOCUMENTATION,
        security: { cors: false, description: offer.secured ? NEEDS_TOKEN : OPEN },
        resource: offer.types.map((type) => resourceEntry(offer, type)),
        interaction: offer.interactions.map((code) => ({ code: code as 'batch' })), // a code of R4's system interactions
        searchParam: offer.params.map(searchParam),
        ...unlessEmpty('operation', offer.operations.map(operation)),
        compartment: offer.compartments.map((type) => `http://hl7.org/fhir/CompartmentDefinition/${type.toLowerCase()}`),
      },
    ],
  };
}

const NEEDS_TOKEN = 'Everything but this statement needs an access token.';
const OPEN = 'Open to everyone on this machine; for trying out only.';
const DOCUMENTATION = [
  'The same as an OpenAPI document: openapi.json, below this base.',
  'Searches take _count, _sort, _total, _summary, _elements, _include, _revinclude (both also with :iterate), _contained, _format and _pretty besides the parameters listed.',
  'A search that is sent by POST goes to _search. References may be chained. Parameters that do not exist are refused, unless the client prefers handling=lenient.',
  'Each answer about a resource has an ETag; a write with If-Match is carried out only on the version that it names.',
].join(' ');

const CHECKED = 'What a resource refers to on this server must be there when it is written.';

function resourceEntry({ settings }: Offer, type: TypeOffer): CapabilityStatementRestResource {
  const { conditional } = type;
  return {
    extension: [conditionalPatch(conditional.patch), ...(type.type === 'Questionnaire' ? questionnaireFeatures() : [])],
    type: type.type as CapabilityStatementRestResource['type'], // a name of the registry, which knows R4's types
    profile: `http://hl7.org/fhir/StructureDefinition/${type.type}`,
    ...unlessEmpty('supportedProfile', type.profiles),
    interaction: type.interactions.map((code) => ({ code: code as 'read' })), // a code of R4's type interactions
    // Not versioned-update, which asks every client for If-Match.
    versioning: 'versioned',
    readHistory: type.interactions.includes('vread'),
    updateCreate: settings.updateCreate === 'on',
    conditionalCreate: conditional.create,
    conditionalRead: 'full-support',
    conditionalUpdate: conditional.update,
    conditionalDelete: conditional.delete ? settings.conditionalDelete : 'not-supported',
    // Not enforced, although references are checked when they are written: what they lead to may be deleted later.
    referencePolicy: ['literal', 'logical'],
    ...unlessEmpty('searchInclude', type.includes),
    ...unlessEmpty('searchRevInclude', type.revIncludes),
    searchParam: type.params.map(searchParam),
    ...unlessEmpty('operation', type.operations.map(operation)),
  };
}

/** R4 has no element for it; R5's, in the form in which one version carries the elements of another. https://hl7.org/fhir/R4/versions.html#extensions */
const conditionalPatch = (valueBoolean: boolean): Extension => ({
  url: 'http://hl7.org/fhir/5.0/StructureDefinition/extension-CapabilityStatement.rest.resource.conditionalPatch',
  valueBoolean,
});

/** FHIR has no empty lists. */
const unlessEmpty = <Name extends string, T>(name: Name, list: readonly T[]): Partial<Record<Name, T[]>> =>
  list.length === 0 ? {} : ({ [name]: [...list] } as Record<Name, T[]>); // one key, whose name is Name

const searchParam = (param: ParamOffer): CapabilityStatementRestResourceSearchParam => ({
  name: param.name,
  ...(param.url === undefined ? {} : { definition: param.url }),
  type: param.kind,
  documentation: documentationOf(param),
});

/** R4 has no element for the modifiers and prefixes that a server takes. */
export function documentationOf({ name, finds, modifiers, targets, prefixes }: ParamOffer): string {
  const all = [...modifiers, ...targets];
  return [
    finds,
    ...(all.length === 0 ? [] : [`Modifiers: ${all.join(', ')}.`]),
    ...(prefixes.length === 0 ? [] : [`Prefixes: ${prefixes.join(', ')}.`]),
    ...(isFullText(name) ? ['Words are joined by AND, OR and NOT.'] : []),
  ].join(' ');
}

const operation = ({ name, definition }: OperationOffer): CapabilityStatementRestResourceOperation => ({ name: name.slice(1), definition });
