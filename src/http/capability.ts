/**
 * The CapabilityStatement, read from the route table and the search registry, so that it cannot promise what is not done.
 * https://hl7.org/fhir/R4/capabilitystatement.html
 */
import type {
  CapabilityStatement,
  CapabilityStatementRestInteraction,
  CapabilityStatementRestResource,
  CapabilityStatementRestResourceOperation,
} from 'fhir/r4';
import { CANONICAL } from '../fhir/names.ts';
import { BESIDES } from '../search/condition.ts';
import { leadsToResources } from '../search/links.ts';
import type { Param } from '../search/param.ts';
import type { Params } from '../search/params.ts';
import type { Route } from './call.ts';
import { questionnaireFeatures } from './questionnaire-features.ts';

export interface CapabilityParts {
  readonly routes: readonly Route[];
  readonly params: Params;
  readonly software: { readonly name: string; readonly version: string };
  /** When what the statement says last changed: the start of this server. */
  readonly date: Date;
  /** Whether a token is needed for all but the public routes. */
  readonly secured: boolean;
}

/** The statement's text for a base, made when first asked for. */
export function createCapabilities(parts: CapabilityParts): (base: string) => string {
  const texts = new Map<string, string>();
  return (base) => {
    const text = texts.get(base) ?? JSON.stringify(statement(parts, base));
    texts.set(base, text);
    return text;
  };
}

function statement(parts: CapabilityParts, base: string): CapabilityStatement {
  const { registry } = parts.params;
  const pointing = pointers(parts.params);
  return {
    resourceType: 'CapabilityStatement',
    url: `${base}/metadata`,
    version: parts.software.version,
    name: 'ProBridge',
    title: 'PRO Bridge',
    status: 'active',
    date: parts.date.toISOString(),
    description: 'FHIR server for patient-reported outcomes: answers are validated, scored and judged as they are stored.',
    kind: 'instance',
    software: parts.software,
    implementation: { description: parts.software.name, url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    rest: [
      {
        mode: 'server',
        security: {
          description: parts.secured ? 'Everything but this statement needs an access token.' : 'Open to everyone on this machine; for trying out only.',
        },
        resource: registry.resourceTypes.map((type) => resourceEntry(parts, type, pointing.get(type) ?? [])),
        interaction: systemInteractions(parts.routes),
        searchParam: [...commonParams(parts.params), ...BESIDES_PARAMS],
        ...unlessEmpty('operation', operationsAt(parts.routes, '')),
        compartment: [...new Set(parts.routes.flatMap(compartmentOf))],
      },
    ],
  };
}

function resourceEntry({ routes, params }: CapabilityParts, type: string, revIncludes: readonly string[]): CapabilityStatementRestResource {
  const own = [...params.of(type).values()];
  const includes = own.filter((param) => isLink(params, param)).map(({ code }) => `${type}:${code}`);
  const operations = [...operationsAt(routes, ':type'), ...operationsAt(routes, type)];
  const has = (interaction: string): boolean => routes.some((route) => route.interaction === interaction);
  return {
    ...unlessEmpty('extension', type === 'Questionnaire' ? questionnaireFeatures() : []),
    type: type as CapabilityStatementRestResource['type'], // a name of the registry, which knows R4's types
    profile: `http://hl7.org/fhir/StructureDefinition/${type}`,
    interaction: TYPE_INTERACTIONS.filter(has).map((code) => ({ code })),
    versioning: 'versioned-update',
    readHistory: has('vread'),
    updateCreate: true,
    conditionalCreate: has('create'),
    conditionalRead: 'full-support',
    conditionalUpdate: has('conditional-update'),
    conditionalDelete: has('conditional-delete') ? 'single' : 'not-supported',
    referencePolicy: ['literal', 'logical', 'local'],
    ...unlessEmpty('searchInclude', includes),
    ...unlessEmpty('searchRevInclude', revIncludes),
    searchParam: [...own.map(searchParam), ...BESIDES_PARAMS.filter(({ name }) => name !== '_has' || revIncludes.length > 0)],
    ...unlessEmpty('operation', operations),
  };
}

/** Whether the parameter leads to other resources, which can then be included. */
const isLink = (params: Params, param: Param): boolean => param.kind === 'reference' && leadsToResources(params, param);

/** FHIR has no empty lists. */
const unlessEmpty = <Name extends string, T>(name: Name, list: readonly T[]): Partial<Record<Name, T[]>> =>
  list.length === 0 ? {} : ({ [name]: [...list] } as Record<Name, T[]>); // one key, whose name is Name

const TYPE_INTERACTIONS = ['read', 'vread', 'update', 'delete', 'history-instance', 'history-type', 'create', 'search-type'] as const;

const searchParam = ({ code, kind, url, expression }: Param) => ({ name: code, definition: url, type: kind, documentation: `Finds ${expression}.` });

/** Special, in R4's words: what they take is no value of any other type. */
const BESIDES_PARAMS = [...BESIDES].map(([name, documentation]) => ({ name, type: 'special' as const, documentation }));

/** What every type has; said once more for searches over several types. */
function commonParams(params: Params) {
  const [first, ...others] = params.registry.resourceTypes.map((type) => params.of(type));
  return [...(first?.values() ?? [])].filter(({ code, url }) => others.every((own) => own.get(code)?.url === url)).map(searchParam);
}

const SYSTEM_INTERACTIONS = ['transaction', 'batch', 'search-system', 'history-system'] as const;

function systemInteractions(routes: readonly Route[]): CapabilityStatementRestInteraction[] {
  const known = new Set(routes.flatMap(({ interaction }) => interaction.split(' or ')));
  return SYSTEM_INTERACTIONS.filter((code) => known.has(code)).map((code) => ({ code }));
}

/** Operations whose path begins with that type; '' for those of the system. */
function operationsAt(routes: readonly Route[], type: string): CapabilityStatementRestResourceOperation[] {
  const names = routes.filter(({ path, interaction }) => interaction.startsWith('$') && (path.includes('/') ? path.split('/')[0] : '') === type);
  return [...new Set(names.map(({ interaction }) => interaction))].map((name) => ({
    name: name.slice(1),
    definition: DEFINITIONS.get(name) ?? DEFINITIONS.get(`${type}/${name}`) ?? `${CANONICAL}/OperationDefinition/${name.slice(1)}`,
  }));
}

/** Those that are not called as the operation is. */
const DEFINITIONS: ReadonlyMap<string, string> = new Map([
  ['$timeline', `${CANONICAL}/OperationDefinition/Patient-timeline`],
  ['$everything', 'http://hl7.org/fhir/OperationDefinition/Patient-everything'],
  ['$meta', 'http://hl7.org/fhir/OperationDefinition/Resource-meta'],
  ['$meta-add', 'http://hl7.org/fhir/OperationDefinition/Resource-meta-add'],
  ['$meta-delete', 'http://hl7.org/fhir/OperationDefinition/Resource-meta-delete'],
  ['$validate', 'http://hl7.org/fhir/OperationDefinition/Resource-validate'],
  ['ValueSet/$expand', 'http://hl7.org/fhir/OperationDefinition/ValueSet-expand'],
  ['ValueSet/$validate-code', 'http://hl7.org/fhir/OperationDefinition/ValueSet-validate-code'],
  ['CodeSystem/$lookup', 'http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup'],
  ['CodeSystem/$validate-code', 'http://hl7.org/fhir/OperationDefinition/CodeSystem-validate-code'],
  ['CodeSystem/$subsumes', 'http://hl7.org/fhir/OperationDefinition/CodeSystem-subsumes'],
  ['Questionnaire/$populate', 'http://hl7.org/fhir/uv/sdc/OperationDefinition/Questionnaire-populate'],
  ['QuestionnaireResponse/$extract', 'http://hl7.org/fhir/uv/sdc/OperationDefinition/QuestionnaireResponse-extract'],
  ['Questionnaire/$assemble', 'http://hl7.org/fhir/uv/sdc/OperationDefinition/Questionnaire-assemble'],
  ['Questionnaire/$next-question', 'http://hl7.org/fhir/uv/sdc/OperationDefinition/Questionnaire-next-question'],
  ['Questionnaire/$process-response', 'http://hl7.org/fhir/uv/sdc/OperationDefinition/Questionnaire-process-response'],
  ['Questionnaire/$validate-response', `${CANONICAL}/OperationDefinition/Questionnaire-validate-response`],
  ['ConceptMap/$translate', 'http://hl7.org/fhir/OperationDefinition/ConceptMap-translate'],
]);

const compartmentOf = ({ path }: Route): readonly string[] => {
  const [type = '', , target] = path.split('/');
  return target === ':target' ? [`http://hl7.org/fhir/CompartmentDefinition/${type.toLowerCase()}`] : [];
};

/** For each type, the `Type:code` of the parameters that may point at it. */
function pointers(params: Params): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const type of params.registry.resourceTypes) {
    for (const param of params.of(type).values()) {
      if (!isLink(params, param)) continue;
      for (const target of param.targets) found.set(target, [...(found.get(target) ?? []), `${type}:${param.code}`]);
    }
  }
  return found;
}
