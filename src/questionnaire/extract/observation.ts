/** Observations out of answers whose questions have codes. https://hl7.org/fhir/uv/sdc/extraction.html#obs-extract */
import type { CodeableConcept, Coding, Observation, ObservationComponent, QuestionnaireItem, QuestionnaireResponse, Reference } from 'fhir/r4';
import { parseDateTime } from '../../fhir/datetime.ts';
import type { Issue } from '../../fhir/outcome.ts';
import { parseReference } from '../../fhir/reference.ts';
import type { IdMaker, Resource } from '../../fhir/resource.ts';
import { extensionsOf } from '../extension.ts';
import { asRecord, readValue, type Value } from '../value.ts';
import { type Extracted, entryFor } from './entry.ts';
import type { Answered, Node } from './tree.ts';

export interface Observing {
  readonly response: QuestionnaireResponse;
  readonly ids: IdMaker;
}

/** How an Observation stands to the one made of the item above it. */
const RELATIONS = ['component', 'member', 'derived', 'independent'] as const;
type Relation = (typeof RELATIONS)[number];

/** What the items above have decided. */
interface Inherited {
  readonly extracts: boolean;
  readonly category: readonly CodeableConcept[];
}

/** What is made of one item; its parent takes in the components and points at the members. */
interface Made {
  readonly relation: Relation;
  readonly components: readonly ObservationComponent[];
  /** fullUrls. */
  readonly members: readonly string[];
  readonly derived: readonly Draft[];
  readonly extracted: readonly Extracted[];
}

interface Draft {
  readonly observation: Observation;
}

export function observationsOf(root: Node, observing: Observing): Extracted[] {
  const inherited = inheritedBy(root, { extracts: false, category: [] });
  const made = root.children.flatMap((child) => makeOf(child, inherited, observing));
  if (made.some(({ components }) => components.length > 0)) root.scope.issues.push(LOST);
  return made.flatMap(({ extracted }) => extracted);
}

const LOST: Issue = {
  severity: 'warning',
  code: 'incomplete',
  text: 'An answer is a component of an Observation that no item above it leads to; nothing was extracted from it.',
  expression: ['Questionnaire.item'],
};

function inheritedBy({ holder }: Node, { extracts, category }: Inherited): Inherited {
  const own = extensionsOf(holder, 'observationExtract')[0];
  const categories = extensionsOf(holder, 'observationExtractCategory').flatMap(({ valueCodeableConcept }) => valueCodeableConcept ?? []);
  return {
    extracts: own === undefined ? extracts : own.valueCode !== undefined || own.valueBoolean === true,
    category: categories.length > 0 ? categories : category,
  };
}

function makeOf(node: Node, above: Inherited, observing: Observing): Made[] {
  const here = inheritedBy(node, above);
  const codes = codesOf(node, here.extracts);
  const each = node.answers.length > 0 ? node.answers : [undefined];
  return each.map((answer, index) => {
    const below = [...(index === 0 ? node.children : []), ...(answer?.children ?? [])].flatMap((child) => makeOf(child, here, observing));
    const lifted = below.flatMap(({ extracted }) => extracted);
    const made = codes.length === 0 ? undefined : make(node, answer, { codes, below, category: here.category, observing });
    return made === undefined ? { relation: 'independent', ...handedOn(below), extracted: lifted } : { ...made, extracted: [...made.extracted, ...lifted] };
  });
}

const NOTHING: Made = { relation: 'independent', components: [], members: [], derived: [], extracted: [] };

/** A group without a code of its own only holds together: what is in it belongs to the item above. */
const handedOn = (below: readonly Made[]): Pick<Made, 'components' | 'members' | 'derived'> => ({
  components: below.flatMap(({ components }) => components),
  members: below.flatMap(({ members }) => members),
  derived: below.flatMap(({ derived }) => derived),
});

/** The codes that become `Observation.code`: those marked, where one is; else all that are not marked otherwise. */
function codesOf({ definition, scope, definedAt }: Node, extracts: boolean): Coding[] {
  const codes = (Array.isArray(definition?.code) ? definition.code : []).map((code) => ({ code, mark: extensionsOf(code, 'observationExtract')[0] }));
  const own = extensionsOf(definition, 'observationExtract')[0];
  if (own?.valueCode !== undefined && own.valueBoolean !== undefined) {
    const text = 'observationExtract is either a boolean or a code, not both.';
    scope.issues.push({ severity: 'error', code: 'invalid', text, expression: [definedAt] });
    return [];
  }
  const marked = codes.filter(({ mark }) => mark?.valueBoolean === true || mark?.valueCode !== undefined);
  const taken = marked.length > 0 ? marked : extracts ? codes.filter(({ mark }) => mark?.valueBoolean !== false) : [];
  return taken.map(({ code: { extension: _, ...code } }) => code);
}

function relationOf({ definition }: Node): Relation {
  const marks = [definition, ...(definition?.code ?? [])].flatMap((holder) => extensionsOf(holder, 'observationExtract').map(({ valueCode }) => valueCode));
  return RELATIONS.find((relation) => marks.includes(relation)) ?? 'independent';
}

interface Making {
  readonly codes: readonly Coding[];
  readonly below: readonly Made[];
  readonly category: readonly CodeableConcept[];
  readonly observing: Observing;
}

/** Undefined where there is nothing to observe: no answer, and nothing below that belongs to it. */
function make(node: Node, answer: Answered | undefined, making: Making): Made | undefined {
  const { components, members, derived } = handedOn(making.below);
  const value = answer === undefined ? undefined : observedValue(node, answer);
  if (value === undefined && components.length === 0 && members.length === 0) return undefined;
  const relation = relationOf(node);
  if (relation === 'component' && value !== undefined) {
    const component: ObservationComponent = { code: { coding: [...making.codes] }, ...value };
    return { ...NOTHING, relation, components: [component, ...components], members, derived };
  }
  if (node.subject.isMissing) return withoutSubject(node);
  const observation = { ...observationFrom(node, making), ...value, ...(members.length > 0 && { hasMember: members.map((reference) => ({ reference })) }) };
  if (components.length > 0) observation.component = [...components];
  return madeOf({ node, answer, observation, relation, derived }, making.observing);
}

interface Finished {
  readonly node: Node;
  readonly answer: Answered | undefined;
  readonly observation: Observation;
  readonly relation: Relation;
  readonly derived: readonly Draft[];
}

function madeOf({ node, answer, observation, relation, derived }: Finished, { ids }: Observing): Made {
  const { scope, definedAt: place } = node;
  const entry = entryFor(observation as unknown as Resource, { extension: extensionsOf(node.holder, 'observationExtractEntry')[0], scope, place, ids });
  const sent = entry.resource as Observation; // the one just made, perhaps with an id
  if (entry.request?.method === 'PUT') sent.status = 'amended';
  for (const one of derived) one.observation.derivedFrom = [...(one.observation.derivedFrom ?? []), { reference: entry.fullUrl ?? '' }];
  const key = `observation|${answer?.place ?? node.place}`;
  return {
    relation,
    components: [],
    members: relation === 'member' ? [entry.fullUrl ?? ''] : [],
    derived: relation === 'derived' ? [{ observation: sent }] : [],
    extracted: [{ key, entry, by: 'observation' }],
  };
}

/** Another person's answers are never put down to the patient. */
function withoutSubject({ scope, place }: Node): undefined {
  const text = 'Nobody said whose answers these are: the question that names the subject is not answered. Nothing was extracted from them.';
  scope.issues.push({ severity: 'warning', code: 'incomplete', text, expression: [place] });
  return undefined;
}

/** https://hl7.org/fhir/uv/sdc/extraction.html: basedOn, partOf, subject, encounter, author and time are the response's. */
function observationFrom({ subject: { reference: subject } }: Node, { codes, category, observing: { response } }: Making): Observation {
  const { basedOn, partOf, encounter, authored, author, id } = response;
  const procedures = (partOf ?? []).filter((reference) => typeIn(reference) !== 'Observation');
  return {
    resourceType: 'Observation',
    ...(basedOn !== undefined && { basedOn }),
    ...(procedures.length > 0 && { partOf: procedures }),
    status: 'final',
    ...(category.length > 0 && { category: [...category] }),
    code: { coding: [...codes] },
    ...(subject !== undefined && { subject }),
    ...(encounter !== undefined && { encounter }),
    ...(authored !== undefined && { effectiveDateTime: authored }),
    ...(authored !== undefined && isInstant(authored) && { issued: authored }),
    ...(author !== undefined && performedBy(author)),
    ...(id !== undefined && { derivedFrom: [{ reference: `QuestionnaireResponse/${id}` }] }),
  };
}

/** What an Observation may not name as its performer stands as its device. https://hl7.org/fhir/R4/observation-definitions.html#Observation.performer */
const performedBy = (author: Reference): Pick<Observation, 'performer' | 'device'> =>
  typeIn(author) === 'Device' ? { device: author } : { performer: [author] };

function typeIn({ type, reference }: Reference): string | undefined {
  const parsed = parseReference(reference ?? '');
  return type ?? ('type' in parsed ? parsed.type : undefined);
}

function isInstant(text: string): boolean {
  const moment = parseDateTime(text);
  return moment?.zoned === true && (moment.precision === 'second' || moment.precision === 'millisecond');
}

type ObservedValue = Partial<
  Pick<Observation, 'valueBoolean' | 'valueInteger' | 'valueQuantity' | 'valueString' | 'valueDateTime' | 'valueTime' | 'valueCodeableConcept'>
>;

function observedValue({ definition, scope }: Node, { raw, place }: Answered): ObservedValue | undefined {
  const value = readValue(raw);
  if (value === undefined) return undefined;
  const observed = valueFor(value, definition);
  if (observed !== undefined) return observed;
  const text = `An Observation has no place for an answer of type ${value.type}; use a template or a definition for it. Nothing was extracted from it.`;
  scope.issues.push({ severity: 'warning', code: 'not-supported', text, expression: [place] });
  return undefined;
}

function valueFor({ type, raw }: Value, definition: QuestionnaireItem | undefined): ObservedValue | undefined {
  const unit = extensionsOf(definition, 'unit')[0]?.valueCoding;
  switch (type) {
    case 'boolean':
      return { valueBoolean: raw as boolean }; // of that type, as each below
    case 'integer':
      return unit === undefined ? { valueInteger: raw as number } : { valueQuantity: quantity(raw as number, unit) };
    case 'decimal':
      return { valueQuantity: quantity(raw as number, unit) };
    case 'Quantity':
      return { valueQuantity: asRecord(raw) };
    case 'Coding':
      return { valueCodeableConcept: { coding: [asRecord(raw)] } };
    case 'string':
    case 'uri':
      return { valueString: raw as string };
    case 'date':
    case 'dateTime':
      return { valueDateTime: raw as string };
    case 'time':
      return { valueTime: raw as string };
    default:
      return undefined;
  }
}

/** A bare decimal is a Quantity without a unit: an Observation has no value of type decimal. */
const quantity = (value: number, unit: Coding | undefined) => ({
  value,
  ...(unit?.display !== undefined || unit?.code !== undefined ? { unit: unit.display ?? unit.code ?? '' } : {}),
  ...(unit?.system !== undefined && { system: unit.system }),
  ...(unit?.code !== undefined && { code: unit.code }),
});
