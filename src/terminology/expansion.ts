/** `$expand`: the codes of a value set, as R4 has it and the terminology ecosystem fills it in. https://hl7.org/fhir/R4/valueset-operation-expand.html */
import type { Extension, ValueSet, ValueSetExpansionContains, ValueSetExpansionParameter } from 'fhir/r4';
import { type CompiledSet, faultsOf } from './compose.ts';
import { displayFor, isWithin, type LanguageWishes, readLanguages, wordingsOf } from './language.ts';
import type { Shelf } from './library.ts';
import { isListed, listingOf, type Member } from './listing.ts';
import { nested } from './nest.ts';
import { isAbstract, isInactive, standardsStatus, statusOf } from './properties.ts';
import { conceptProperties, type PropertyValue } from './property-values.ts';
import { textTest } from './search-text.ts';
import { printCanonical } from './source.ts';
import { faultsError, txError } from './tx-issue.ts';
import { systemsOf, usedParameters } from './used.ts';

export interface ExpandOptions {
  /** Text that codes or their names begin with. */
  readonly filter?: string | undefined;
  readonly offset?: number | undefined;
  readonly count?: number | undefined;
  readonly languages?: LanguageWishes | undefined;
  readonly includeDesignations?: boolean | undefined;
  /** Languages or `system|code` of uses: which designations are wanted. Empty: all. */
  readonly designations?: readonly string[];
  readonly includeDefinition?: boolean | undefined;
  readonly activeOnly?: boolean | undefined;
  readonly excludeNested?: boolean | undefined;
  /** Leaves out what only groups others. */
  readonly excludeNotForUI?: boolean | undefined;
  /** Canonicals of code systems whose codes are left out. */
  readonly excludeSystems?: readonly string[];
  readonly properties?: readonly string[];
  /** What was asked, to be said again in the answer. */
  readonly echo?: readonly ValueSetExpansionParameter[];
}

/** What makes one expansion differ from the next. */
export interface Stamp {
  readonly identifier: string;
  /** An instant. */
  readonly timestamp: string;
}

/** Longest expansion, or page of one. */
const MAX_EXPANSION = 10_000;

/** Throws `too-costly` for a set without end or a longer one asked for whole, `not-found` or `invalid` where its definition cannot be worked out. */
export function expand(shelf: Shelf, valueSet: ValueSet, options: ExpandOptions, stamp: Stamp): ValueSet {
  const set = shelf.compiled(valueSet);
  const wishes = options.languages ?? languagesOf(valueSet);
  const context: Context = { options, wishes, valueSet, versions: versionsOf(set) };
  const members = membersOf(set).filter(memberTest(context));
  const page = pageOf(members, options);
  const contains = isNested(options)
    ? nested(page.map((member) => ({ member, entry: entryOf(member, context) })))
    : page.map((member) => entryOf(member, context));
  const { compose, expansion: _, contained: __, text: ___, ...header } = valueSet;
  return {
    ...header,
    ...(options.includeDefinition === true && compose !== undefined ? { compose } : {}),
    expansion: {
      ...propertiesSaid(page, context),
      identifier: stamp.identifier,
      timestamp: stamp.timestamp,
      total: members.length,
      ...(options.offset === undefined && options.count === undefined ? {} : { offset: options.offset ?? 0 }),
      parameter: [...(options.echo ?? []), ...usedParameters(set, members)],
      ...(contains.length === 0 ? {} : { contains }),
    },
  };
}

interface Context {
  readonly options: ExpandOptions;
  readonly wishes: LanguageWishes | undefined;
  readonly valueSet: ValueSet;
  /** Systems of which the set uses several versions. */
  readonly versions: ReadonlySet<string>;
}

const EXPANSION_PARAMETER = [
  'http://hl7.org/fhir/StructureDefinition/valueset-expansion-parameter',
  'http://hl7.org/fhir/tools/StructureDefinition/valueset-expansion-parameter',
];

/** The value set's own word on the language: an expansion parameter, else the language that it is written in. */
export function languagesOf({ extension, compose, language }: ValueSet): LanguageWishes | undefined {
  const rows = [...(extension ?? []), ...(compose?.extension ?? [])].filter(({ url }) => EXPANSION_PARAMETER.includes(url));
  const stated = rows.find(({ extension: parts }) => parts?.some(({ url, valueCode }) => url === 'name' && valueCode === 'displayLanguage'));
  const value = stated?.extension?.find(({ url }) => url === 'value');
  const text = value?.valueCode ?? value?.valueString ?? language;
  return text === undefined ? undefined : readLanguages(text);
}

function versionsOf(set: CompiledSet): ReadonlySet<string> {
  const versions = Map.groupBy(systemsOf(set), ({ url = '' }) => url);
  return new Set([...versions].filter(([, systems]) => systems.length > 1).map(([url]) => url));
}

function membersOf(set: CompiledSet): readonly Member[] {
  const listing = listingOf(set);
  if (isListed(listing)) return listing;
  if (listing.unlistable === 'fault') throw faultsError(faultsOf(set));
  throw txError(
    'too-costly',
    'too-costly',
    `The codes of ${listing.url ?? 'a code system'} have no end that could be listed here; ask about single codes with $validate-code.`,
  );
}

function memberTest({ options, valueSet }: Context): (member: Member) => boolean {
  const { filter = '', activeOnly, excludeNotForUI, excludeSystems = [] } = options;
  const text = filter.trim() === '' ? undefined : textTest(filter);
  return (member) => {
    const { system, concept, url, version } = member;
    if (excludeSystems.includes(url) || excludeSystems.includes(printCanonical(url, version))) return false;
    if (activeOnly === true && isOutOfUse(member)) return false;
    if (excludeNotForUI === true && system !== undefined && concept !== undefined && isAbstract(system.about, concept)) return false;
    return text === undefined || text(member.code, wordingsOf({ ...member, setLanguage: valueSet.language }));
  };
}

const isOutOfUse = ({ system, concept, named }: Member): boolean =>
  (system !== undefined && concept !== undefined && isInactive(system.about, concept)) || standardsStatus(named?.extension) === 'withdrawn';

function pageOf(members: readonly Member[], { offset = 0, count }: ExpandOptions): readonly Member[] {
  if (count === undefined && members.length - offset > MAX_EXPANSION)
    throw txError(
      'too-costly',
      'too-costly',
      `The expansion has ${members.length} codes, more than the ${MAX_EXPANSION} given at once; ask for pages with count and offset, or narrow it with filter.`,
    );
  return members.slice(offset, offset + Math.min(count ?? MAX_EXPANSION, MAX_EXPANSION));
}

/** Pages and searches are flat. https://hl7.org/fhir/R4/valueset-operation-expand.html, "excludeNested" */
const isNested = ({ excludeNested, filter = '', offset, count }: ExpandOptions): boolean =>
  excludeNested !== true && filter.trim() === '' && offset === undefined && count === undefined;

function entryOf(member: Member, context: Context): ValueSetExpansionContains {
  const { system, concept, named, url, code, version } = member;
  const { options, valueSet, versions } = context;
  const worded = { ...member, setLanguage: valueSet.language };
  const display = displayFor(worded, context.wishes);
  const extension = [...echoed(named?.extension, concept?.raw.extension), ...propertyExtensions(member, options.properties ?? [])];
  const designation = options.includeDesignations === true || (options.designations ?? []).length > 0 ? designationsOf(worded, context) : [];
  return {
    ...(extension.length === 0 ? {} : { extension }),
    system: url,
    ...(system !== undefined && concept !== undefined && isAbstract(system.about, concept) ? { abstract: true } : {}),
    ...(isOutOfUse(member) ? { inactive: true } : {}),
    ...(versions.has(url) && version !== undefined ? { version } : {}),
    code,
    ...(display === undefined ? {} : { display }),
    ...(designation.length === 0 ? {} : { designation }),
  };
}

type Designation = NonNullable<ValueSetExpansionContains['designation']>[number];

function designationsOf(worded: Parameters<typeof wordingsOf>[0], { options }: Context): Designation[] {
  const wanted = options.designations ?? [];
  return wordingsOf(worded)
    .map(
      ({ designation, value, language, use }) =>
        designation ?? { value, ...(language === undefined ? {} : { language }), ...(use === undefined ? {} : { use }) },
    )
    .filter(({ language, use }) => wanted.length === 0 || wanted.some((token) => isToken(token, language, use)));
}

/** `de`, `urn:ietf:bcp:47|de` or `system|code` of a use. */
function isToken(token: string, language: string | undefined, use: Designation['use']): boolean {
  const bar = token.indexOf('|');
  const [system, code] = bar < 0 ? ['urn:ietf:bcp:47', token] : [token.slice(0, bar), token.slice(bar + 1)];
  if (system === 'urn:ietf:bcp:47') return language !== undefined && isWithin(language, code);
  return use?.system === system && use.code === code;
}

/** What forms and pages need of a concept. https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/requirements.html, "Extensions" */
const ECHOED =
  /\/StructureDefinition\/(itemWeight|(codesystem-|valueset-)?ordinalValue|(codesystem|valueset)-(label|conceptOrder|concept-definition|deprecated)|rendering-(style|xhtml)|translation|questionnaire-optionPrefix)$/;

const echoed = (...lists: readonly (readonly Extension[] | undefined)[]): Extension[] =>
  lists.flatMap((list) => list ?? []).filter(({ url }) => ECHOED.test(url));

const R5 = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion';

/** R5's `contains.property`, in the form that R4 can carry. */
function propertyExtensions({ system, concept }: Member, asked: readonly string[]): Extension[] {
  if (system === undefined || concept === undefined) return [];
  const status = isInactive(system.about, concept) ? (statusOf(system.about, concept) ?? 'inactive') : undefined;
  if (asked.length === 0 && status === undefined) return [];
  const rows = conceptProperties(system, concept).filter(({ code }) => asked.includes(code) || asked.includes('*'));
  const reason: PropertyValue[] = status === undefined || rows.some(({ code }) => code === 'status') ? [] : [{ code: 'status', value: { valueCode: status } }];
  return [...rows, ...reason].map(({ code, value }) => ({
    url: `${R5}.contains.property`,
    extension: [
      { url: 'code', valueCode: code },
      { url: 'value', ...value },
    ],
  }));
}

/** R5's `expansion.property`: which properties the entries have, with the uri that says what each means. */
function propertiesSaid(members: readonly Member[], { options }: Context): { extension?: Extension[] } {
  const asked = options.properties ?? [];
  if (asked.length === 0) return {};
  const systems = new Set(members.map(({ system }) => system).filter((system) => system !== undefined));
  const declared = [...systems].flatMap(({ about }) => about.property ?? []).filter(({ code }) => asked.includes(code) || asked.includes('*'));
  const rows = [...new Map(declared.map(({ code, uri }) => [code, uri]))];
  if (rows.length === 0) return {};
  return {
    extension: rows.map(([code, uri]) => ({
      url: `${R5}.property`,
      extension: [{ url: 'code', valueCode: code }, ...(uri === undefined ? [] : [{ url: 'uri', valueUri: uri }])],
    })),
  };
}
